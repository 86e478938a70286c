//! What a refresh token brings about: the next token, the same one again, or the family's end.

use kernel::{AccountId, SessionId};
use time::{Duration, OffsetDateTime};

use super::refresh_token::RefreshToken;

/// Two tabs that refresh at once get the same successor for so long.
pub(crate) const GRACE: Duration = Duration::seconds(20);
/// A session that nobody uses ends after so long (OWASP ASVS 5.0, 7.3.1).
pub(crate) const IDLE: Duration = Duration::days(14);
/// Every session ends after so long (OWASP ASVS 5.0, 7.3.2).
pub(crate) const ABSOLUTE: Duration = Duration::days(30);

/// A family of refresh tokens.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) account: AccountId,
    pub(crate) secret: [u8; 32],
    pub(crate) current: [u8; 32],
    pub(crate) previous: Option<[u8; 32]>,
    pub(crate) created_at: OffsetDateTime,
    /// When the current token was made.
    pub(crate) used_at: OffsetDateTime,
    pub(crate) ended: bool,
}

/// What to do about a token that somebody shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The current token: it is spent, this one takes its place.
    Rotate(RefreshToken),
    /// The one before, shown again at once: the same answer again.
    Repeat(RefreshToken),
    /// A spent token: somebody has a copy, so nobody may go on.
    EndFamily,
    /// Nothing that this session would take; it goes on untouched.
    Refuse,
}

impl Session {
    /// True while its tokens may be used.
    pub(crate) fn alive(&self, now: OffsetDateTime) -> bool {
        !self.ended && now < self.created_at + ABSOLUTE && now < self.used_at + IDLE
    }

    /// Judges a token at a time.
    pub(crate) fn judge(&self, shown: &RefreshToken, now: OffsetDateTime) -> Verdict {
        if shown.session() != self.id || !shown.genuine(&self.secret) || !self.alive(now) {
            return Verdict::Refuse;
        }
        let digest = shown.digest();
        if digest == self.current {
            return Verdict::Rotate(shown.successor(&self.secret));
        }
        if self.previous == Some(digest) && now - self.used_at <= GRACE {
            return Verdict::Repeat(shown.successor(&self.secret));
        }
        Verdict::EndFamily
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> (Session, RefreshToken) {
        let (id, secret) = (SessionId::new(), [5; 32]);
        let token = RefreshToken::first(id, &secret, [6; 32]);
        let now = kernel::now();
        let session = Session {
            id,
            account: AccountId::new(),
            secret,
            current: token.digest(),
            previous: None,
            created_at: now,
            used_at: now,
            ended: false,
        };
        (session, token)
    }

    /// The session after its first token was used, with both tokens.
    fn rotated() -> (Session, RefreshToken, RefreshToken) {
        let (session, first) = fresh();
        let second = first.successor(&session.secret);
        let session =
            Session { current: second.digest(), previous: Some(first.digest()), ..session };
        (session, first, second)
    }

    #[test]
    fn the_current_token_is_replaced() {
        let (session, token) = fresh();

        let verdict = session.judge(&token, session.used_at);

        assert_eq!(verdict, Verdict::Rotate(token.successor(&session.secret)));
    }

    #[test]
    fn the_same_token_within_20_seconds_gets_the_same_successor_and_ends_the_family_later() {
        let (session, first, second) = rotated();

        let soon = session.judge(&first, session.used_at + GRACE);
        let late = session.judge(&first, session.used_at + GRACE + Duration::milliseconds(1));

        assert_eq!((soon, late), (Verdict::Repeat(second), Verdict::EndFamily));
    }

    #[test]
    fn a_token_from_before_the_previous_one_ends_the_family_even_at_once() {
        let (session, first, second) = rotated();
        let third = second.successor(&session.secret);
        let session =
            Session { current: third.digest(), previous: Some(second.digest()), ..session };

        assert_eq!(session.judge(&first, session.used_at), Verdict::EndFamily);
    }

    #[test]
    fn an_invented_token_ends_nothing() {
        let (session, _) = fresh();
        let invented = RefreshToken::first(session.id, &[0; 32], [1; 32]);
        let of_another = RefreshToken::first(SessionId::new(), &session.secret, [6; 32]);

        assert_eq!(session.judge(&invented, session.used_at), Verdict::Refuse);
        assert_eq!(session.judge(&of_another, session.used_at), Verdict::Refuse);
    }

    #[test]
    fn a_session_ends_when_idle_when_old_and_when_told() {
        let (session, token) = fresh();
        let at = |session: &Session, when| session.judge(&token, when) != Verdict::Refuse;
        let start = session.created_at;
        let busy = Session { used_at: start + ABSOLUTE - Duration::hours(1), ..session.clone() };
        let ended = Session { ended: true, ..session.clone() };

        assert!(at(&session, start + IDLE - Duration::seconds(1)));
        assert!(!at(&session, start + IDLE));
        assert!(at(&busy, start + ABSOLUTE - Duration::seconds(1)));
        assert!(!at(&busy, start + ABSOLUTE));
        assert!(!at(&ended, start));
    }
}
