//! Amounts in minor units of a currency; arithmetic that can fail says so.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro, in which the demo shop sells.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// Three upper-case letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits behind the decimal point: 2 for EUR, 0 for JPY (ISO 4217).
    #[must_use]
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }
}

/// Why an amount cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two amounts of different currencies met.
    #[error("amounts in {0} and {1} cannot be added")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit.
    #[error("the amount is too large")]
    OutOfRange,
    /// Not a code of ISO 4217.
    #[error("expected a currency of ISO 4217 in three upper-case letters, such as EUR")]
    UnknownCurrency,
    /// Not a plain decimal number.
    #[error("expected an amount such as 19.90, with at most {0} digits behind the point")]
    Malformed(u32),
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code).map(Self).ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(D::Error::custom)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

/// An amount in minor units (cents) of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// So many minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Adds two amounts of the same currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// Takes an amount of the same currency away; the result may be negative.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// So many times the amount.
    pub fn checked_mul(self, times: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(times).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// The share `basis_points / 10 000` of the amount, halves away from zero (commercial rounding).
    pub fn share(self, basis_points: u32) -> Result<Self, MoneyError> {
        let product = i128::from(self.minor) * i128::from(basis_points);
        let rounded = (product.abs() + 5_000).div_euclid(10_000) * product.signum();
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    /// Reads a plain decimal number, as in a price list: `50`, `19.9`, `19.90`. No sign.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let malformed = MoneyError::Malformed(currency.exponent());
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let width = usize::try_from(currency.exponent()).map_err(|_| malformed)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(malformed);
        }
        // "19.900" is as good as "19.90"; "19.905" is not.
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > width {
            return Err(malformed);
        }
        let minor = format!("{whole}{fraction:0<width$}").parse();
        minor.map(|minor| Self::new(minor, currency)).map_err(|_| MoneyError::OutOfRange)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
    }
}

/// For people: `19.90 EUR`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        let unit = 10_u64.pow(self.currency.exponent());
        match self.currency.exponent() {
            0 => write!(f, "{sign}{minor} {}", self.currency),
            digits => {
                let width = usize::try_from(digits).unwrap_or(0);
                let (whole, part) = (minor.div_euclid(unit), minor.rem_euclid(unit));
                write!(f, "{sign}{whole}.{part:0width$} {}", self.currency)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn amounts_of_two_currencies_do_not_add() {
        let yen = Money::new(1, "JPY".parse().unwrap());

        assert!(matches!(eur(1).checked_add(yen), Err(MoneyError::CurrencyMismatch(..))));
    }

    #[test]
    fn an_amount_that_does_not_fit_is_refused() {
        assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(MoneyError::OutOfRange));
        assert_eq!(eur(i64::MAX).checked_mul(2), Err(MoneyError::OutOfRange));
        assert_eq!(eur(i64::MAX).share(20_000), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn half_a_cent_rounds_away_from_zero() {
        assert_eq!(eur(50).share(1_900), Ok(eur(10)));
        assert_eq!(eur(-50).share(1_900), Ok(eur(-10)));
        assert_eq!(eur(1_999).share(1_000), Ok(eur(200)));
    }

    #[test]
    fn decimals_are_read_exactly() {
        assert_eq!(Money::parse_decimal("50", Currency::EUR), Ok(eur(5_000)));
        assert_eq!(Money::parse_decimal(" 19.9 ", Currency::EUR), Ok(eur(1_990)));
        assert_eq!(Money::parse_decimal("0.050", Currency::EUR), Ok(eur(5)));
        for wrong in ["", "-1", "1,5", "1.234", ".5", "1e3", "99999999999999999999"] {
            assert!(Money::parse_decimal(wrong, Currency::EUR).is_err(), "{wrong}");
        }
    }

    #[test]
    fn money_is_written_for_people() {
        assert_eq!(eur(1_990).to_string(), "19.90 EUR");
        assert_eq!(eur(-5).to_string(), "-0.05 EUR");
        assert_eq!(Money::new(500, "JPY".parse().unwrap()).to_string(), "500 JPY");
    }

    proptest! {
        #[test]
        fn what_is_added_can_be_taken_away(a in any::<i32>(), b in any::<i32>()) {
            let (a, b) = (eur(i64::from(a)), eur(i64::from(b)));

            prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b).unwrap(), a);
        }

        #[test]
        fn a_share_is_never_off_by_more_than_half_a_cent(minor in any::<i32>(), points in 0_u32..20_000) {
            let share = eur(i64::from(minor)).share(points).unwrap().minor();

            let off = i128::from(share) * 10_000 - i128::from(minor) * i128::from(points);
            prop_assert!(off.abs() <= 5_000);
        }
    }
}
