//! Every way a question to the read model, or an event told to it, can fail.

use contracts::ConvertError;
use messaging::{Classify, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::RequestError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Not published, without a price, or never heard of.
    #[error("there is no such product for sale")]
    NoSuchProduct,
    /// A parameter is wrong.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// An event says something impossible.
    #[error("the event cannot be used: {0}")]
    Event(#[from] ConvertError),
    /// A prepared document cannot be read.
    #[error("a document cannot be read: {0}")]
    Corrupt(String),
    /// The database did not answer.
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchProduct => ErrorKind::NotFound,
            Self::Request(error) => error.kind(),
            Self::Event(_) | Self::Corrupt(_) => ErrorKind::Internal,
            Self::Database(_) => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchProduct => "no_such_product",
            Self::Request(error) => error.code(),
            Self::Event(_) | Self::Corrupt(_) => "internal",
            Self::Database(_) => "database_unavailable",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        if let Self::Request(error) = self { error.fields() } else { Vec::new() }
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Database(error) => error.class(),
            Self::NoSuchProduct | Self::Request(_) | Self::Event(_) | Self::Corrupt(_) => {
                ErrorClass::Permanent
            }
        }
    }
}
