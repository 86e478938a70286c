//! What a reader asks for: which writes, how patiently, and whether less would do.

use std::time::Duration;

use http::HeaderMap;

use super::{SYNC_TOKEN, SyncToken};
use crate::RequestError;

/// The longest time that a read waits; also what it waits unless it says otherwise.
pub const LONGEST: Duration = Duration::from_secs(2);

/// A reader's wish to see what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The writes.
    pub token: SyncToken,
    /// How long it would wait (`Prefer: wait=…`, RFC 7240), at most [`LONGEST`].
    pub wait: Duration,
    /// An older answer is of no use to it (`Prefer: handling=strict`).
    pub strict: bool,
}

impl Wanted {
    /// What a request asks for; `None` for one that names no writes.
    ///
    /// # Errors
    /// The token cannot be read. Preferences that cannot be are passed over, as RFC 7240 asks.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, RequestError> {
        let mut lines = Vec::new();
        for line in headers.get_all(SYNC_TOKEN) {
            lines.push(line.to_str().map_err(|_| RequestError::MalformedSyncToken)?);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let token = lines.join(",").parse()?;
        let (mut wait, mut strict) = (LONGEST, false);
        let lines = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
        for preference in lines.flat_map(|line| line.split(',')) {
            let said = preference.split(';').next().unwrap_or_default();
            let (name, value) = said.split_once('=').unwrap_or((said, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "wait" => wait = value.parse().map_or(wait, Duration::from_secs).min(LONGEST),
                "handling" => strict = value == "strict",
                _ => {}
            }
        }
        Ok(Some(Self { token, wait, strict }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(lines: &[(&'static str, &str)]) -> Result<Option<Wanted>, RequestError> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        Wanted::of(&headers)
    }

    #[test]
    fn who_names_no_writes_waits_for_nothing() {
        assert_eq!(wanted(&[("prefer", "wait=1")]).unwrap(), None);
        assert!(wanted(&[("sync-token", "")]).is_err());
    }

    #[test]
    fn tokens_of_several_answers_are_sent_together() {
        let both = wanted(&[("sync-token", "a/b;v=1"), ("sync-token", "c/d;v=2")]);

        let Wanted { token, wait, strict } = both.unwrap().unwrap();

        assert_eq!(
            (token.to_string().as_str(), wait, strict),
            ("a/b;v=1, c/d;v=2", LONGEST, false)
        );
    }

    #[test]
    fn preferences_are_heard_and_bounded() {
        let told = |prefer| {
            let wanted = wanted(&[("sync-token", "a/b;v=1"), ("prefer", prefer)]);
            let Wanted { wait, strict, .. } = wanted.unwrap().unwrap();
            (wait.as_secs(), strict)
        };

        assert_eq!(told("respond-async, Wait=1; x=y, handling=strict"), (1, true));
        assert_eq!(told("wait=0"), (0, false));
        assert_eq!(told("wait=3600, handling=\"strict\""), (2, true));
        assert_eq!(told("wait=soon, handling=lenient"), (2, false));
    }
}
