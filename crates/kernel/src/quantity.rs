//! How many of something: at least one, at most a thousand.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A number of pieces in a basket or an order, 1 to 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Quantity(i64);

/// A number that is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a quantity from 1 to 999, not {0}")]
pub struct QuantityError(i64);

impl Quantity {
    /// The most that one line may ask for.
    pub const MAX: i64 = 999;

    /// Checks a number.
    pub const fn new(pieces: i64) -> Result<Self, QuantityError> {
        if pieces < 1 || pieces > Self::MAX {
            return Err(QuantityError(pieces));
        }
        Ok(Self(pieces))
    }

    /// The number of pieces.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl utoipa::PartialSchema for Quantity {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .minimum(Some(1))
            .maximum(Some(Self::MAX))
            .into()
    }
}

impl utoipa::ToSchema for Quantity {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_too_much_are_no_quantities() {
        assert_eq!(Quantity::new(0), Err(QuantityError(0)));
        assert_eq!(Quantity::new(-1), Err(QuantityError(-1)));
        assert_eq!(Quantity::new(1_000), Err(QuantityError(1_000)));
        assert_eq!(Quantity::new(999).map(Quantity::get), Ok(999));
    }
}
