//! `Sync-Token`: aggregates with their versions, as a list of structured tokens.

use std::fmt;
use std::str::FromStr;

use messaging::Written;

use crate::RequestError;

/// Most aggregates that one token names; of more, the newest.
const MOST: usize = 16;
/// The longest token that is read, in bytes.
const LONGEST: usize = 4_000;
/// The longest one that is written: as a header, and in Base64 as a cookie, it must fit beside everything
/// else into the 4 kB that nginx has for the headers of an answer.
const LONGEST_TOLD: usize = 1_500;

/// A version of an aggregate that somebody wrote: `pricing.price.v1/shirt/m;v=7;t=1763765271123`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The topic that tells of it.
    pub topic: String,
    /// The aggregate.
    pub subject: String,
    /// The version that was written.
    pub version: i64,
    /// When, in milliseconds since 1970; 0 if that is not known.
    pub at_ms: i64,
}

/// What somebody wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncToken(Vec<Write>);

impl SyncToken {
    /// Names what was written just now.
    pub fn of(written: impl IntoIterator<Item = Written>) -> Self {
        let at_ms = now_ms();
        let write = |Written { topic, subject, version }| Write { topic, subject, version, at_ms };
        Self::default().and(Self(written.into_iter().map(write).collect()))
    }

    /// Every write that it names.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.0
    }

    /// True when it names nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names these as well, each aggregate once, with its newest version.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        for other in others.0.into_iter().filter(Write::can_be_named) {
            let same = |one: &Write| one.topic == other.topic && one.subject == other.subject;
            match self.0.iter().position(same) {
                Some(at) if self.0[at].version >= other.version => {}
                Some(at) => self.0[at] = other,
                None => self.0.push(other),
            }
        }
        self.0.sort_by_key(|write| write.at_ms);
        self.0.drain(..self.0.len().saturating_sub(MOST));
        while self.to_string().len() > LONGEST_TOLD {
            self.0.remove(0);
        }
        self
    }

    /// Without what was written longer ago than that.
    #[must_use]
    pub(super) fn younger_than(mut self, age_ms: i64) -> Self {
        let eldest = now_ms() - age_ms;
        self.0.retain(|write| write.at_ms > eldest);
        self
    }
}

pub(super) fn now_ms() -> i64 {
    i64::try_from(kernel::now().unix_timestamp_nanos() / 1_000_000).unwrap_or(0)
}

/// The characters of a structured token (RFC 9651, 3.3.4), but for those that mean something here.
fn plain(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

impl Write {
    /// Ids, SKUs and slugs can; nothing else is an aggregate's name.
    fn can_be_named(&self) -> bool {
        let topic = self.topic.as_bytes();
        plain(&self.subject)
            && plain(&self.topic)
            && topic.first().is_some_and(u8::is_ascii_alphabetic)
    }
}

impl fmt::Display for SyncToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Write { topic, subject, version, at_ms }) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{topic}/{subject};v={version}")?;
            if *at_ms > 0 {
                write!(f, ";t={at_ms}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for SyncToken {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let writes: Option<Vec<Write>> = text.split(',').map(write).collect();
        match writes {
            Some(writes) if text.len() <= LONGEST && writes.len() <= MOST => Ok(Self(writes)),
            Some(_) | None => Err(RequestError::MalformedSyncToken),
        }
    }
}

/// Reads one write; parameters that nobody knows are passed over, as RFC 9651 asks.
fn write(text: &str) -> Option<Write> {
    let mut parts = text.split(';').map(str::trim);
    let (topic, subject) = parts.next()?.split_once('/')?;
    let (mut version, mut at_ms) = (None, 0);
    for part in parts {
        match part.split_once('=')? {
            ("v", number) => version = Some(number.parse().ok().filter(|version| *version > 0)?),
            ("t", number) => at_ms = number.parse().ok().filter(|at| *at >= 0)?,
            _ => {}
        }
    }
    let (topic, subject) = (topic.to_owned(), subject.to_owned());
    Some(Write { topic, subject, version: version?, at_ms }).filter(Write::can_be_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(subject: &str, version: i64, at_ms: i64) -> Write {
        Write { topic: "pricing.price.v1".into(), subject: subject.into(), version, at_ms }
    }

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let text = "catalog.product.v1/prd_1;v=3;t=17, pricing.price.v1/shirt/m;v=7";

        let token: SyncToken = text.parse().unwrap();

        assert_eq!(token.to_string(), text);
        assert_eq!(token.writes()[1], write("shirt/m", 7, 0));
        assert_eq!("a/b;v=1;new=x".parse::<SyncToken>().unwrap().to_string(), "a/b;v=1");
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let many = vec!["a/b;v=1"; 17].join(",");
        let long = format!("a/{};v=1", "b".repeat(4_000));
        for wrong in [
            "",
            "a",
            "a/b",
            "a/b;v=x",
            "a/b;v=0",
            "a/b;v=-1",
            "a/b;v=1;t=x",
            "a/;v=1",
            "/b;v=1",
            "a/b;v=1,",
            "a/b c;v=1",
            "a/\"b\";v=1",
            "a/é;v=1",
            "1/b;v=1",
            "a/b;v=99999999999999999999",
            &many,
            &long,
        ] {
            assert!(wrong.parse::<SyncToken>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn of_each_aggregate_the_newest_version_is_named_and_of_too_many_the_newest() {
        let token = SyncToken(vec![write("a", 2, 1)]);
        let token = token.and(SyncToken(vec![write("a", 1, 2), write("b", 1, 3)]));
        assert_eq!(token.writes(), [write("a", 2, 1), write("b", 1, 3)]);

        let many = (1..=40).map(|n| write(&n.to_string(), n, n)).collect();
        let kept = token.and(SyncToken(many));

        assert_eq!((kept.writes().len(), kept.writes()[0].version), (MOST, 25));
        assert!(kept.to_string().parse::<SyncToken>().is_ok());
        let long = (1..=16).map(|n| write(&format!("{n:0120}"), n, n)).collect();
        let told = SyncToken::default().and(SyncToken(long));
        assert!(told.to_string().len() <= LONGEST_TOLD && told.writes().len() > 8, "{told}");
    }
}
