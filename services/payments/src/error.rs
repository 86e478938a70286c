//! Every way in which payments fails, and what callers and the event loop do about it.

use contracts::ConvertError;
use messaging::{AppendError, Classify, EnqueueError, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::RequestError;
use web::webhook::WebhookError;

use crate::provider::ProviderError;

/// A failed request, event or job.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing of that name, or not for this caller.
    #[error("there is no such payment")]
    NoSuchPayment,
    /// A field holds what looks like a card number.
    #[error("card numbers are entered on the provider's page only, never sent here")]
    CardNumber(Vec<FieldError>),
    /// Refused before anything was looked at.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Not signed as it should be.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The provider did not do what was asked.
    #[error("payment provider: {0}")]
    Provider(#[from] ProviderError),
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
            Self::NoSuchPayment => ErrorKind::NotFound,
            Self::CardNumber(_) => ErrorKind::Invalid,
            Self::Request(error) => error.kind(),
            Self::Webhook(error) => error.kind(),
            Self::Provider(_) | Self::Database(_) => ErrorKind::Unavailable,
            Self::Contract(_) | Self::Corrupt(_) | Self::Append(_) | Self::Enqueue(_) => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPayment => "payment_not_found",
            Self::CardNumber(_) => "card_number_refused",
            Self::Request(error) => error.code(),
            Self::Webhook(error) => error.code(),
            Self::Provider(_) => "payment_provider_unavailable",
            Self::Database(_) => "database_unavailable",
            Self::Contract(_) | Self::Corrupt(_) | Self::Append(_) | Self::Enqueue(_) => "internal",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        if let Self::CardNumber(fields) = self {
            return fields.clone();
        }
        if let Self::Request(error) = self { error.fields() } else { Vec::new() }
    }

    fn retry_after(&self) -> Option<u64> {
        matches!(self, Self::Provider(_)).then_some(5)
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Provider(error) => error.class(),
            Self::Database(error) => error.class(),
            Self::Append(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::NoSuchPayment
            | Self::CardNumber(_)
            | Self::Request(_)
            | Self::Webhook(_)
            | Self::Contract(_)
            | Self::Corrupt(_) => ErrorClass::Permanent,
        }
    }
}
