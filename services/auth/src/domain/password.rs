//! Which passwords are accepted: long enough, not among the commonest, not the e-mail (OWASP ASVS 5.0, 6.2).

/// The commonest passwords of eight characters and more, lower case, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a password is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weakness {
    #[error("expected 8 to 128 characters")]
    Length,
    #[error("this is one of the passwords that are tried first: choose another")]
    Common,
    #[error("expected a password that is not the e-mail address")]
    Email,
}

/// Judges a password for an account. There are no rules on which characters it must have.
pub(crate) fn judge(password: &str, email: &str) -> Result<(), Weakness> {
    if !(8..=128).contains(&password.chars().count()) {
        return Err(Weakness::Length);
    }
    let plain = password.to_lowercase();
    if COMMON.lines().any(|common| common == plain) {
        return Err(Weakness::Common);
    }
    let mailbox = email.split('@').next().unwrap_or_default();
    if plain == email || plain == mailbox {
        return Err(Weakness::Email);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_needs_length_and_nothing_else() {
        assert_eq!(judge("kornblume", "ada@example.org"), Ok(()));
        assert_eq!(judge("日本語のパスワ", "ada@example.org"), Err(Weakness::Length));
        assert_eq!(judge("日本語のパスワー", "ada@example.org"), Ok(()));
        assert_eq!(judge(&"x y".repeat(42), "ada@example.org"), Ok(()));
        assert_eq!(judge(&"x".repeat(129), "ada@example.org"), Err(Weakness::Length));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in ["password", "Password1", "QWERTYUIOP", "12345678", "iloveyou"] {
            assert_eq!(judge(common, "ada@example.org"), Err(Weakness::Common), "{common}");
        }
        assert_eq!(judge("Ada@Example.org", "ada@example.org"), Err(Weakness::Email));
        assert_eq!(judge("ada.lovelace", "ada.lovelace@example.org"), Err(Weakness::Email));
    }

    #[test]
    fn the_list_holds_only_what_could_be_chosen() {
        assert!(COMMON.lines().count() >= 200);
        for common in COMMON.lines() {
            assert!(common.len() >= 8 && common == common.to_lowercase(), "{common}");
        }
    }
}
