//! Every way in which a request or an event can fail, and what that asks for.

use contracts::ConvertError;
use kernel::Sku;
use messaging::{AppendError, Classify, EnqueueError, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::RequestError;

use crate::domain::reservation::Rejection;
use crate::domain::shelf::Refusal;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("there is no SKU {0}")]
    UnknownSku(Sku),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("catalog has not said anything of {0} yet")]
    NotHeardOf(Sku),
    #[error(
        "{sku} is needed {wanted} times for an order that was promised it, and {available} are left"
    )]
    Short { sku: Sku, wanted: i64, available: i64 },
    #[error("the same was changed by somebody else")]
    Contended,
    #[error("unreadable row: {0}")]
    Corrupt(&'static str),
    #[error("an event says something impossible")]
    Event(#[from] ConvertError),
    #[error("the event could not be written")]
    Append(#[from] AppendError),
    #[error("the timer could not be written")]
    Enqueue(#[from] EnqueueError),
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(error) => error.kind(),
            Self::UnknownSku(_) => ErrorKind::NotFound,
            Self::Refused(_) | Self::Rejected(_) | Self::Short { .. } => ErrorKind::Conflict,
            Self::Contended => ErrorKind::Contended,
            Self::Database(_) | Self::NotHeardOf(_) => ErrorKind::Unavailable,
            Self::Corrupt(_) | Self::Event(_) | Self::Append(_) | Self::Enqueue(_) => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::UnknownSku(_) | Self::NotHeardOf(_) => "unknown_sku",
            Self::Refused(Refusal::NotCounted) => "stock_not_counted",
            Self::Refused(Refusal::BelowReserved(_) | Refusal::OutOfRange) => "stock_is_reserved",
            Self::Rejected(_) | Self::Short { .. } => "stock_not_reserved",
            Self::Contended => "contended",
            Self::Database(_) => "database_unavailable",
            Self::Corrupt(_) | Self::Event(_) | Self::Append(_) | Self::Enqueue(_) => "internal",
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
            Self::Append(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::Contended => ErrorClass::Retry,
            Self::NotHeardOf(_) | Self::Rejected(Rejection::NotPlacedYet) => ErrorClass::Later,
            Self::Rejected(Rejection::NeverReserved)
            | Self::Request(_)
            | Self::UnknownSku(_)
            | Self::Refused(_)
            | Self::Short { .. }
            | Self::Corrupt(_)
            | Self::Event(_) => ErrorClass::Permanent,
        }
    }
}
