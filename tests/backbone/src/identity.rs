//! What identifies an event wherever it turns up: in a ledger, in a record's payload, among the effects.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Partitions of each topic.
pub const PARTITIONS: i32 = 6;
/// The topic of what writers say.
pub const FACTS: &str = "backbone.fact.v1";
/// The topic of what the worker says.
pub const ECHOES: &str = "backbone.echo.v1";
/// Every so many versions a fact asks for an echo.
pub const ECHO_EACH: i64 = 5;

/// Marks a payload that handlers cannot decode.
const UNREADABLE: char = '!';

/// The `version`-th thing that happened to `key`. The nonce tells it from one that was rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// What it happened to, which is the ordering key.
    pub key: String,
    /// Counts from one, without gaps.
    pub version: i64,
    /// Drawn for each attempt to write it.
    pub nonce: Uuid,
    /// Whether handlers can decode it.
    pub readable: bool,
}

impl Identity {
    /// Whether it asks for an echo.
    #[must_use]
    pub fn echoed(&self) -> bool {
        self.readable && self.version % ECHO_EACH == 0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.readable {
            write!(f, "{UNREADABLE}")?;
        }
        write!(f, "{} {} {}", self.key, self.version, self.nonce)
    }
}

/// A payload that no writer of ours can have written.
#[derive(Debug, thiserror::Error)]
#[error("not an identity")]
pub struct NotAnIdentity;

impl FromStr for Identity {
    type Err = NotAnIdentity;

    fn from_str(text: &str) -> Result<Self, NotAnIdentity> {
        let (readable, text) = text.strip_prefix(UNREADABLE).map_or((true, text), |t| (false, t));
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(NotAnIdentity);
        let key = word()?.to_owned();
        let version = word()?.parse().map_err(|_| NotAnIdentity)?;
        let nonce = word()?.parse().map_err(|_| NotAnIdentity)?;
        Ok(Self { key, version, nonce, readable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_survives_its_payload() {
        for readable in [true, false] {
            let nonce = Uuid::from_u128(7);
            let one = Identity { key: "k1".to_owned(), version: 5, nonce, readable };

            assert_eq!(one.to_string().parse::<Identity>().unwrap(), one);
        }
        assert!("k1 5".parse::<Identity>().is_err());
    }
}
