//! Tokens that travel by mail and prove that its reader owns the address: 256 random bits, kept only as a digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use time::Duration;

/// What a token in a mail is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    ConfirmEmail,
    ResetPassword,
}

impl Purpose {
    /// As the table writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm_email",
            Self::ResetPassword => "reset_password",
        }
    }

    /// How long the token works.
    pub(crate) const fn lifetime(self) -> Duration {
        match self {
            Self::ConfirmEmail => Duration::hours(24),
            Self::ResetPassword => Duration::hours(1),
        }
    }
}

/// The text of a token that has these random bytes.
pub(crate) fn text(random: [u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// What the database knows of a token; none for a text that cannot be one.
pub(crate) fn digest(text: &str) -> Option<[u8; 32]> {
    let random: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    Some(Sha256::digest(random).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_digest_and_by_no_other_text() {
        let token = text([7; 32]);

        let expected: [u8; 32] = Sha256::digest([7; 32]).into();
        assert_eq!(digest(&token), Some(expected));
        assert_ne!(digest(&text([8; 32])), digest(&token));
        for wrong in ["", "x", &token[1..], &format!("{token}A"), &format!("{token}=")] {
            assert_eq!(digest(wrong), None, "{wrong}");
        }
    }
}
