//! What a coupon takes off, and when it may not.

use kernel::{Currency, Money, MoneyError};

/// What a coupon is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Benefit {
    /// 1 to 100 percent off the goods.
    Percent(u32),
    /// So much off the goods, at most what they cost.
    Fixed(Money),
}

/// A coupon as far as prices go. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coupon {
    pub(crate) code: String,
    pub(crate) benefit: Benefit,
    pub(crate) minimum_goods: Option<Money>,
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_until: Option<i64>,
    /// Staff have ended it.
    pub(crate) ended: bool,
    /// Uses that are neither spent nor set aside; absent: no limit.
    pub(crate) uses_left: Option<i64>,
}

/// Why a coupon takes nothing off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the coupon has ended")]
    Ended,
    #[error("the coupon is not valid yet")]
    NotYet,
    #[error("the coupon has been used up")]
    UsedUp,
    #[error("the coupon needs goods worth at least {0}")]
    TooLittle(Money),
    #[error("the coupon is in {0}")]
    OtherCurrency(Currency),
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Coupon {
    /// What the coupon takes off goods: never more than they cost.
    pub(crate) fn discount(&self, goods: Money, now: i64) -> Result<Money, Refusal> {
        if self.ended || self.valid_until.is_some_and(|until| until <= now) {
            return Err(Refusal::Ended);
        }
        if self.valid_from.is_some_and(|from| now < from) {
            return Err(Refusal::NotYet);
        }
        if self.uses_left.is_some_and(|left| left < 1) {
            return Err(Refusal::UsedUp);
        }
        let same_currency = |money: Money| match money.currency() == goods.currency() {
            true => Ok(money.minor()),
            false => Err(Refusal::OtherCurrency(money.currency())),
        };
        if let Some(minimum) = self.minimum_goods
            && goods.minor() < same_currency(minimum)?
        {
            return Err(Refusal::TooLittle(minimum));
        }
        match self.benefit {
            Benefit::Percent(percent) => Ok(goods.share(percent * 100)?),
            Benefit::Fixed(amount) => {
                Ok(Money::new(same_currency(amount)?.min(goods.minor()), goods.currency()))
            }
        }
    }

    /// For people: `10 % off goods`, `5.00 EUR off goods`.
    pub(crate) fn words(&self) -> String {
        match self.benefit {
            Benefit::Percent(percent) => format!("{percent} % off goods"),
            Benefit::Fixed(amount) => format!("{amount} off goods"),
        }
    }
}

/// Spreads a discount over lines in proportion to their totals, to the minor unit: what rounding
/// leaves goes to the lines that lost most by it. The total of the lines must be `goods`.
pub(crate) fn spread(discount: i64, lines: &[i64], goods: i64) -> Vec<i64> {
    if goods < 1 {
        return vec![0; lines.len()];
    }
    let wide = |minor: i64| i128::from(minor);
    let exact = |line: &i64| wide(*line) * wide(discount);
    let mut shares: Vec<i64> = lines
        .iter()
        .map(|line| i64::try_from(exact(line).div_euclid(wide(goods))).unwrap_or(0))
        .collect();
    let mut by_loss: Vec<usize> = (0..lines.len()).collect();
    by_loss.sort_by_key(|&at| std::cmp::Reverse(exact(&lines[at]).rem_euclid(wide(goods))));
    let left = discount - shares.iter().sum::<i64>();
    for at in by_loss.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[at] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_000;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn coupon(benefit: Benefit) -> Coupon {
        Coupon {
            code: "SPRING10".to_owned(),
            benefit,
            minimum_goods: None,
            valid_from: None,
            valid_until: None,
            ended: false,
            uses_left: None,
        }
    }

    #[test]
    fn a_coupon_takes_off_a_share_or_an_amount_up_to_the_goods() {
        assert_eq!(coupon(Benefit::Percent(10)).discount(eur(4_995), NOW), Ok(eur(500)));
        assert_eq!(coupon(Benefit::Fixed(eur(500))).discount(eur(4_995), NOW), Ok(eur(500)));
        assert_eq!(coupon(Benefit::Fixed(eur(500))).discount(eur(300), NOW), Ok(eur(300)));
    }

    #[test]
    fn a_coupon_says_why_it_takes_nothing_off() {
        let ten = coupon(Benefit::Percent(10));
        let yen = Money::new(500, "JPY".parse().unwrap());
        let refusals = [
            (Coupon { ended: true, ..ten.clone() }, Refusal::Ended),
            (Coupon { valid_until: Some(NOW), ..ten.clone() }, Refusal::Ended),
            (Coupon { valid_from: Some(NOW + 1), ..ten.clone() }, Refusal::NotYet),
            (Coupon { uses_left: Some(0), ..ten.clone() }, Refusal::UsedUp),
            (Coupon { minimum_goods: Some(eur(101)), ..ten }, Refusal::TooLittle(eur(101))),
            (coupon(Benefit::Fixed(yen)), Refusal::OtherCurrency(yen.currency())),
        ];

        for (coupon, refusal) in refusals {
            assert_eq!(coupon.discount(eur(100), NOW), Err(refusal));
        }
    }

    proptest! {
        #[test]
        fn a_discount_is_spread_to_the_last_cent(
            lines in prop::collection::vec(0_i64..1_000_000, 1..20),
            per_mille in 0_i64..=1000,
        ) {
            let goods: i64 = lines.iter().sum();
            let discount = (goods * per_mille).div_euclid(1000);

            let shares = spread(discount, &lines, goods);

            prop_assert_eq!(shares.iter().sum::<i64>(), discount);
            for (share, line) in shares.iter().zip(&lines) {
                prop_assert!((0..=*line).contains(share), "{share} of {line}");
            }
        }
    }
}
