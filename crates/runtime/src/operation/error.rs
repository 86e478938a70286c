//! Why a command was not accepted or carried out.

use messaging::{Classify, EnqueueError, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::RequestError;

/// Why a command was not accepted, or nothing can be said of it.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is none of that id, or not for this caller.
    #[error("there is no such operation")]
    Unknown,
    /// The request's key was used for another one, or the database failed.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Its job could not be written.
    #[error("the command could not be kept")]
    Enqueue(#[from] EnqueueError),
    /// It cannot be written as JSON, or what is kept cannot be read.
    #[error("a command is no JSON")]
    Json(#[from] serde_json::Error),
    /// The database failed.
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for OperationError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown => ErrorKind::NotFound,
            Self::Request(error) => error.kind(),
            Self::Enqueue(EnqueueError::Database(_)) | Self::Database(_) => ErrorKind::Unavailable,
            Self::Enqueue(_) | Self::Json(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "no_such_operation",
            Self::Request(error) => error.code(),
            Self::Enqueue(EnqueueError::Database(_)) | Self::Database(_) => "database_unavailable",
            Self::Enqueue(_) | Self::Json(_) => "internal",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        if let Self::Request(error) = self { error.fields() } else { Vec::new() }
    }
}

/// Why a chunk was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CarryError<E> {
    #[error(transparent)]
    Kept(#[from] OperationError),
    #[error(transparent)]
    Command(E),
}

impl<E> From<sqlx::Error> for CarryError<E> {
    fn from(error: sqlx::Error) -> Self {
        Self::Kept(error.into())
    }
}

impl<E: Classify> Classify for CarryError<E> {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Kept(OperationError::Database(error)) => error.class(),
            Self::Kept(_) => ErrorClass::Permanent,
            Self::Command(error) => error.class(),
        }
    }
}
