//! Every way in which a request to auth can fail, and its problem code.

use messaging::AppendError;
use problem::{ErrorKind, FieldError, ServiceError};
use web::{RequestError, TokenError};

/// A request that auth refuses, or cannot serve now.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself is wrong.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// No account has this e-mail and this password. Which of them is wrong is not said.
    #[error("no account has this e-mail address and this password")]
    WrongCredentials,
    /// The session has ended, or the refresh token never was one.
    #[error("this session has ended: sign in again")]
    SessionEnded,
    /// A token from a mail that is not known, was used or is too old.
    #[error("this link was used before or is too old: ask for a new one")]
    TokenNotValid,
    /// Too many tries; another one after so many seconds.
    #[error("too many tries: wait {0} seconds")]
    TooManyTries(u64),
    /// More passwords wait to be checked than there is room for.
    #[error("too many passwords to check")]
    Busy,
    /// There is no such account.
    #[error("there is no such account")]
    NoSuchAccount,
    /// There is no such session of the caller's.
    #[error("there is no such session")]
    NoSuchSession,
    /// A row says what no row should.
    #[error("the database holds an impossible value: {0}")]
    Corrupt(String),
    /// Hashing a password failed.
    #[error("hashing a password failed: {0}")]
    Hashing(String),
    /// An event was refused.
    #[error("the outbox took no event")]
    Append(#[from] AppendError),
    /// A token could not be signed.
    #[error("no token could be signed")]
    Signing(#[from] TokenError),
    /// The database did not answer.
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(error) => error.kind(),
            Self::WrongCredentials | Self::SessionEnded => ErrorKind::Unauthenticated,
            Self::TokenNotValid => ErrorKind::Invalid,
            Self::TooManyTries(_) => ErrorKind::TooMany,
            Self::NoSuchAccount | Self::NoSuchSession => ErrorKind::NotFound,
            Self::Busy | Self::Append(AppendError::Database(_)) | Self::Database(_) => {
                ErrorKind::Unavailable
            }
            Self::Corrupt(_)
            | Self::Hashing(_)
            | Self::Signing(_)
            | Self::Append(AppendError::NoKey(_) | AppendError::TooLarge { .. }) => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::WrongCredentials => "wrong_credentials",
            Self::SessionEnded => "session_ended",
            Self::TokenNotValid => "token_not_valid",
            Self::TooManyTries(_) => "too_many_tries",
            Self::Busy => "too_busy",
            Self::NoSuchAccount => "no_such_account",
            Self::NoSuchSession => "no_such_session",
            Self::Append(AppendError::Database(_)) | Self::Database(_) => "database_unavailable",
            Self::Corrupt(_)
            | Self::Hashing(_)
            | Self::Signing(_)
            | Self::Append(AppendError::NoKey(_) | AppendError::TooLarge { .. }) => "internal",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        if let Self::Request(error) = self { error.fields() } else { Vec::new() }
    }

    fn retry_after(&self) -> Option<u64> {
        if let Self::TooManyTries(seconds) = self { Some(*seconds) } else { None }
    }
}
