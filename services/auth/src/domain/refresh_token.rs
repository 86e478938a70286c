//! Refresh tokens: opaque to their owner, and each makes its own successor with the family's secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use kernel::SessionId;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const ID: usize = 16;
const SECRET: usize = 32;
const TAG: usize = 16;
const ALL: usize = ID + SECRET + TAG;

/// A refresh token: the session's id, 256 secret bits, and a tag by which a token that was once real
/// is told from an invented one. HMAC-SHA256 (RFC 2104) makes the tag and the successor, so that a
/// repeated request gets the same successor though nobody kept it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken([u8; ALL]);

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken({})", self.session())
    }
}

impl RefreshToken {
    /// The first token of a family.
    pub(crate) fn first(session: SessionId, family: &[u8; 32], random: [u8; SECRET]) -> Self {
        Self::made(session, family, &random)
    }

    /// Reads what a client shows.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What the client keeps.
    pub(crate) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The session that the token claims to continue.
    pub(crate) fn session(&self) -> SessionId {
        let mut id = [0; ID];
        id.copy_from_slice(&self.0[..ID]);
        SessionId::from_uuid(Uuid::from_bytes(id))
    }

    /// True for tokens that this family has had at any time.
    pub(crate) fn genuine(&self, family: &[u8; 32]) -> bool {
        let (body, tag) = self.0.split_at(ID + SECRET);
        keyed(family, b"tag", body).verify_truncated_left(tag).is_ok()
    }

    /// The token after this one, always the same.
    pub(crate) fn successor(&self, family: &[u8; 32]) -> Self {
        let next = keyed(family, b"next", &self.0).finalize().into_bytes();
        Self::made(self.session(), family, &next)
    }

    /// What the database keeps of the token.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    fn made(session: SessionId, family: &[u8; 32], secret: &[u8]) -> Self {
        let mut all = [0; ALL];
        all[..ID].copy_from_slice(session.uuid().as_bytes());
        all[ID..ID + SECRET].copy_from_slice(secret);
        let tag = keyed(family, b"tag", &all[..ID + SECRET]).finalize().into_bytes();
        all[ID + SECRET..].copy_from_slice(&tag[..TAG]);
        Self(all)
    }
}

fn keyed(family: &[u8; 32], purpose: &[u8], message: &[u8]) -> Hmac<Sha256> {
    // A key shorter than the block is filled up with zeros, as RFC 2104 wants it; taking the block
    // itself leaves no length that could be wrong.
    let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
    key[..family.len()].copy_from_slice(family);
    let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new(&key);
    mac.update(purpose);
    mac.update(message);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: [u8; 32] = [3; 32];

    fn token() -> RefreshToken {
        RefreshToken::first(SessionId::new(), &FAMILY, [9; 32])
    }

    #[test]
    fn a_token_reads_back_and_names_its_session() {
        let session = SessionId::new();
        let token = RefreshToken::first(session, &FAMILY, [9; 32]);

        let read = RefreshToken::parse(&token.reveal()).unwrap();

        assert_eq!((read.session(), read.genuine(&FAMILY)), (session, true));
        assert_eq!(read, token);
    }

    #[test]
    fn a_successor_is_always_the_same_and_needs_the_familys_secret() {
        let first = token();

        let second = first.successor(&FAMILY);

        assert_eq!(second, first.successor(&FAMILY));
        assert!(second.genuine(&FAMILY) && second.session() == first.session());
        assert_ne!(second, first);
        assert_ne!(second, first.successor(&[4; 32]));
    }

    #[test]
    fn a_token_that_is_wrong_in_any_byte_is_not_genuine() {
        let bytes = token().0;

        for at in 0..bytes.len() {
            let mut wrong = bytes;
            wrong[at] ^= 1;
            assert!(!RefreshToken(wrong).genuine(&FAMILY), "byte {at}");
        }
        assert!(!token().genuine(&[4; 32]));
    }

    #[test]
    fn what_cannot_be_a_token_is_none() {
        let text = token().reveal();

        for wrong in ["", "a", &text[1..], &format!("{text}AA"), &format!("{text}=")] {
            assert!(RefreshToken::parse(wrong).is_none(), "{wrong}");
        }
    }
}
