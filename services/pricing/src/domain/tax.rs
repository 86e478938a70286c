//! Tax by destination: contained in the prices, or on top of them.

use kernel::{Money, MoneyError};
use serde::Deserialize;

/// The rule of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct TaxRule {
    /// Hundredths of a percent of the price without tax.
    pub(crate) basis_points: u32,
    /// True: prices contain the tax already.
    pub(crate) included: bool,
}

/// What the tax of a purchase comes to. One of the two is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tax {
    /// To be paid on top.
    pub(crate) added: Money,
    /// Part of what is paid anyway.
    pub(crate) contained: Money,
}

impl TaxRule {
    /// The tax on a purchase of `amount`, halves of a minor unit rounded up.
    pub(crate) fn on(self, amount: Money) -> Result<Tax, MoneyError> {
        let nothing = Money::zero(amount.currency());
        if !self.included {
            return Ok(Tax { added: amount.share(self.basis_points)?, contained: nothing });
        }
        let (gross, rate) = (i128::from(amount.minor()), i128::from(self.basis_points));
        let whole = 10_000 + rate;
        let contained = (2 * gross * rate + whole).div_euclid(2 * whole);
        let minor = i64::try_from(contained).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Tax { added: nothing, contained: Money::new(minor, amount.currency()) })
    }

    /// The rate for people: `19 %`, `8.1 %`.
    pub(crate) fn rate(self) -> String {
        let (whole, part) = (self.basis_points.div_euclid(100), self.basis_points.rem_euclid(100));
        match part {
            0 => format!("{whole} %"),
            _ => format!("{} %", format!("{whole}.{part:02}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use proptest::prelude::*;

    use super::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn tax_is_contained_in_german_prices_and_comes_on_top_of_swiss_ones() {
        let german = TaxRule { basis_points: 1900, included: true };
        let swiss = TaxRule { basis_points: 810, included: false };

        assert_eq!(german.on(eur(11_900)), Ok(Tax { added: eur(0), contained: eur(1_900) }));
        assert_eq!(swiss.on(eur(10_000)), Ok(Tax { added: eur(810), contained: eur(0) }));
        assert_eq!((german.rate(), swiss.rate()), ("19 %".to_owned(), "8.1 %".to_owned()));
    }

    proptest! {
        #[test]
        fn contained_tax_and_what_remains_give_the_price_again(minor in 0_i64..1_000_000_000, points in 0_u32..10_000) {
            let rule = TaxRule { basis_points: points, included: true };
            let contained = rule.on(eur(minor)).unwrap().contained.minor();
            let net = minor - contained;

            prop_assert!((0..=minor).contains(&contained));
            // Half a minor unit of rounding, seen from the net side.
            let off = i128::from(net) * i128::from(points) - i128::from(contained) * 10_000;
            prop_assert!(off.abs() <= 10_000);
        }
    }
}
