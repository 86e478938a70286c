//! Between messages and kernel values. What comes from outside is parsed, not trusted.

use crate::common;

/// A message that says something impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A field that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field holds something else than it should.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field's name.
        field: &'static str,
        /// What was expected of it.
        reason: String,
    },
}

impl ConvertError {
    /// A field that holds something else than it should.
    pub fn invalid(field: &'static str, reason: impl ToString) -> Self {
        Self::Invalid { field, reason: reason.to_string() }
    }
}

impl From<kernel::Money> for common::Money {
    fn from(money: kernel::Money) -> Self {
        Self { minor: money.minor(), currency: money.currency().code().to_owned() }
    }
}

impl TryFrom<common::Money> for kernel::Money {
    type Error = ConvertError;
    fn try_from(money: common::Money) -> Result<Self, ConvertError> {
        let currency = money.currency.parse();
        let currency = currency.map_err(|error| ConvertError::invalid("currency", error))?;
        Ok(Self::new(money.minor, currency))
    }
}

/// Reads an amount that must be there.
pub fn money(
    field: &'static str,
    money: Option<common::Money>,
) -> Result<kernel::Money, ConvertError> {
    money.ok_or(ConvertError::Missing(field))?.try_into()
}

/// Reads an id or another value that is written as text.
pub fn parse<T: std::str::FromStr<Err: ToString>>(
    field: &'static str,
    text: &str,
) -> Result<T, ConvertError> {
    text.parse().map_err(|error: T::Err| ConvertError::invalid(field, error.to_string()))
}
