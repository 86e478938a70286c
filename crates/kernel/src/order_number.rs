//! The number that people read out on the phone.

use std::fmt;
use std::str::FromStr;

use crate::{IdError, OrderId};

/// Letters and digits that are not mistaken for each other (Crockford's Base32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Eight characters such as `F7K2-9QXM`, taken from the random end of an order's id: 40 bits.
///
/// Unique by a constraint where orders are kept; two orders of one shop meet by chance once in a
/// million orders, and the second is then placed under another id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OrderNumber(String);

impl OrderNumber {
    /// The number of an order.
    #[must_use]
    pub fn of(order: OrderId) -> Self {
        let random = order.uuid().as_u128();
        let digit = |position: u32| {
            let index = usize::try_from((random >> (position * 5)) & 31).unwrap_or(0);
            char::from(ALPHABET[index])
        };
        let digits: String = (0..8).map(digit).collect();
        Self(format!("{}-{}", &digits[..4], &digits[4..]))
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OrderNumber {
    type Err = IdError;
    /// Reads what people type: any case, with or without the dash, `O` for `0` and `I` or `L` for `1`.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let plain: String = text
            .chars()
            .filter(|letter| !matches!(letter, '-' | ' '))
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let fits = plain.len() == 8 && plain.bytes().all(|byte| ALPHABET.contains(&byte));
        if !fits {
            return Err(IdError::number());
        }
        Ok(Self(format!("{}-{}", &plain[..4], &plain[4..])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_type_it() {
        let number = OrderNumber::of(OrderId::derived(b"one"));

        let typed = number.to_string().to_lowercase().replace('-', " ").replace('0', "o");

        assert_eq!(typed.parse::<OrderNumber>().unwrap(), number);
        assert!("F7K2-9QX".parse::<OrderNumber>().is_err());
        assert!("F7K2-9QXU".parse::<OrderNumber>().is_err());
    }
}
