//! Every way in which shipping fails, and what callers and the event loop do about it.

use contracts::ConvertError;
use messaging::{AppendError, Classify, EnqueueError, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::RequestError;
use web::webhook::WebhookError;

use crate::carrier::CarrierError;

/// A failed request, event or job.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing of that name, or not for this caller.
    #[error("there is no such shipment")]
    NoSuchShipment,
    /// Refused before anything was looked at.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Not signed as it should be.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The carrier did not do what was asked.
    #[error("carrier: {0}")]
    Carrier(#[from] CarrierError),
    /// An event that cannot be.
    #[error("the event makes no sense: {0}")]
    Contract(#[from] ConvertError),
    /// A row that this build cannot have written.
    #[error("unreadable row: {0}")]
    Corrupt(&'static str),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Events were refused by the outbox.
    #[error("outbox: {0}")]
    Append(#[from] AppendError),
    /// A job was refused.
    #[error("jobs: {0}")]
    Enqueue(#[from] EnqueueError),
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchShipment => ErrorKind::NotFound,
            Self::Request(error) => error.kind(),
            Self::Webhook(error) => error.kind(),
            Self::Carrier(_) | Self::Database(_) => ErrorKind::Unavailable,
            Self::Contract(_) | Self::Corrupt(_) | Self::Append(_) | Self::Enqueue(_) => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchShipment => "shipment_not_found",
            Self::Request(error) => error.code(),
            Self::Webhook(error) => error.code(),
            Self::Carrier(_) => "carrier_unavailable",
            Self::Database(_) => "database_unavailable",
            Self::Contract(_) | Self::Corrupt(_) | Self::Append(_) | Self::Enqueue(_) => "internal",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        if let Self::Request(error) = self { error.fields() } else { Vec::new() }
    }

    fn retry_after(&self) -> Option<u64> {
        matches!(self, Self::Carrier(_)).then_some(5)
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Carrier(error) => error.class(),
            Self::Database(error) => error.class(),
            Self::Append(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::NoSuchShipment
            | Self::Request(_)
            | Self::Webhook(_)
            | Self::Contract(_)
            | Self::Corrupt(_) => ErrorClass::Permanent,
        }
    }
}
