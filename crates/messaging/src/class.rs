//! What an error asks for: again at once, later, a person, or waiting for the world to come back.

/// What the loop does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Again at once, a few times; then as [`ErrorClass::Later`].
    Retry,
    /// The key is held back and tried again with growing pauses.
    Later,
    /// Trying again cannot help: the key is held back for a person; a job gives up.
    Permanent,
    /// Something everybody needs is down: roll back, wait, probe; uses up no attempt.
    Unavailable,
}

impl ErrorClass {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Later => "later",
            Self::Permanent => "permanent",
            Self::Unavailable => "unavailable",
        }
    }
}

/// An error that knows what it asks for.
pub trait Classify {
    /// The class of this error.
    fn class(&self) -> ErrorClass;
}

impl Classify for std::convert::Infallible {
    fn class(&self) -> ErrorClass {
        match *self {}
    }
}

impl Classify for sqlx::Error {
    #[expect(clippy::wildcard_enum_match_arm, reason = "sqlx may add variants")]
    fn class(&self) -> ErrorClass {
        match self {
            Self::Io(_)
            | Self::Tls(_)
            | Self::PoolTimedOut
            | Self::PoolClosed
            | Self::WorkerCrashed
            | Self::Protocol(_) => ErrorClass::Unavailable,
            Self::Database(error) => error.code().map_or(ErrorClass::Permanent, |c| of_code(&c)),
            _ => ErrorClass::Permanent,
        }
    }
}

/// Classifies an SQLSTATE (PostgreSQL documentation, appendix A).
fn of_code(code: &str) -> ErrorClass {
    match code {
        // serialization_failure, deadlock_detected, lock_not_available
        "40001" | "40P01" | "55P03" => ErrorClass::Retry,
        // query_canceled (a statement timeout), idle_in_transaction_session_timeout: too slow, for now
        "57014" | "25P03" => ErrorClass::Later,
        // insufficient resources, operator intervention, system error, a promoted or lost primary
        _ if ["08", "53", "58"].iter().any(|class| code.starts_with(class))
            || code.starts_with("57P")
            || code == "25006" =>
        {
            ErrorClass::Unavailable
        }
        _ => ErrorClass::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contention_is_retried_an_outage_waited_for_and_the_rest_is_for_a_person() {
        let classes = ["40P01", "55P03", "57P01", "08006", "53300", "23505", "22003"].map(of_code);
        let too_slow = ["57014", "25P03"].map(of_code);

        assert_eq!(classes[..2], [ErrorClass::Retry; 2]);
        assert_eq!(classes[2..5], [ErrorClass::Unavailable; 3]);
        assert_eq!(classes[5..], [ErrorClass::Permanent; 2]);
        assert_eq!(too_slow, [ErrorClass::Later; 2]);
    }

    #[test]
    fn a_lost_connection_is_an_outage() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());

        assert_eq!(lost.class(), ErrorClass::Unavailable);
        assert_eq!(sqlx::Error::RowNotFound.class(), ErrorClass::Permanent);
    }
}
