//! Every way in which this service fails.

use messaging::{Classify, ErrorClass};
use problem::{ErrorKind, ServiceError};

/// A failure of the notifications service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event names a person or an amount in a way that cannot be read.
    #[error("the event cannot be told in a mail: {0}")]
    Event(#[from] contracts::ConvertError),
    /// The event lacks a part.
    #[error("the event has no {0}")]
    Missing(&'static str),
    /// The mail cannot be written.
    #[error("the mail cannot be written: {0}")]
    Template(#[from] askama::Error),
    /// The mail cannot be sent to that address or with that content, ever.
    #[error("the mail cannot be sent: {0}")]
    Unsendable(String),
    /// The mail server does not answer or asks to come back later.
    #[error("the mail server does not take mails now: {0}")]
    MailServer(String),
    /// The job could not be written.
    #[error("the mail could not be queued")]
    Queue(#[from] messaging::EnqueueError),
    /// The event could not be written.
    #[error("the event could not be written")]
    Append(#[from] messaging::AppendError),
    /// The database did not answer.
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Event(_) | Self::Missing(_) | Self::Template(_) | Self::Unsendable(_) => {
                ErrorClass::Permanent
            }
            Self::MailServer(_) => ErrorClass::Unavailable,
            Self::Queue(error) => error.class(),
            Self::Append(error) => error.class(),
            Self::Database(error) => error.class(),
        }
    }
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(_) | Self::MailServer(_) => ErrorKind::Unavailable,
            Self::Event(_)
            | Self::Missing(_)
            | Self::Template(_)
            | Self::Unsendable(_)
            | Self::Queue(_)
            | Self::Append(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind() == ErrorKind::Unavailable {
            true => "database_unavailable",
            false => "internal",
        }
    }
}
