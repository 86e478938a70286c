//! Every way in which orders fails, and its problem code.

use messaging::{AppendError, Classify, EnqueueError, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::RequestError;

use crate::domain::basket::BasketFull;
use crate::domain::order::Rejection;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The order's rules forbid it.
    #[error("{0}")]
    Rejected(RejectionText),
    /// No basket belongs to this token.
    #[error("there is no such basket")]
    NoSuchBasket,
    /// A hundred lines.
    #[error("a basket has at most 100 lines")]
    BasketFull,
    /// The quote is not one that pricing signed for orders.
    #[error("the quote is not valid: {0}")]
    QuoteInvalid(String),
    /// The quote's 15 minutes are over.
    #[error("the quote has expired; ask for a new one")]
    QuoteExpired,
    /// The quote was made for another account or basket.
    #[error("the quote was made for somebody else")]
    QuoteOfAnother,
    /// An order was placed with the quote.
    #[error("an order was placed with this quote before")]
    QuoteUsed,
    /// An order was placed with the payment.
    #[error("an order was placed with this payment before; prepare a new one")]
    PaymentUsed,
    /// Another order has this number by chance: placed again under another id.
    #[error("the order number is taken")]
    NumberTaken,
    /// Somebody else changed the same thing at once.
    #[error("it changed while it was being handled; try again")]
    Contended,
    /// A message of another service says something impossible.
    #[error("the message makes no sense: {0}")]
    Message(#[from] contracts::ConvertError),
    /// The database holds something that this build cannot have written.
    #[error("stored data makes no sense: {0}")]
    Corrupt(String),
    /// The request was wrong before orders looked at it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The outbox refused.
    #[error("events could not be written")]
    Append(#[from] AppendError),
    /// The timer could not be set.
    #[error("the timer could not be set")]
    Enqueue(#[from] EnqueueError),
    /// The database failed.
    #[error("database failed")]
    Database(sqlx::Error),
}

/// A rejection, in words and with its code; the rules themselves stay inside the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectionText(Rejection);

impl std::fmt::Display for RejectionText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(RejectionText(rejection))
    }
}

impl From<BasketFull> for Error {
    fn from(_: BasketFull) -> Self {
        Self::BasketFull
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// Broken promises of the schema have names of their own.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        match constraint {
            Some("orders_use_a_quote_once") => Self::QuoteUsed,
            Some("orders_use_a_payment_once") => Self::PaymentUsed,
            Some("orders_have_a_number_of_their_own" | "orders_pkey") => Self::NumberTaken,
            Some("order_events_pkey") => Self::Contended,
            _ => Self::Database(error),
        }
    }
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(RejectionText(Rejection::NoSuchOrder)) | Self::NoSuchBasket => {
                ErrorKind::NotFound
            }
            Self::Rejected(_) | Self::BasketFull | Self::QuoteUsed | Self::PaymentUsed => {
                ErrorKind::Conflict
            }
            Self::QuoteInvalid(_) | Self::QuoteExpired => ErrorKind::Invalid,
            Self::QuoteOfAnother => ErrorKind::Forbidden,
            Self::NumberTaken | Self::Contended => ErrorKind::Contended,
            Self::Message(_) | Self::Corrupt(_) => ErrorKind::Internal,
            Self::Request(error) => error.kind(),
            Self::Append(_) | Self::Enqueue(_) | Self::Database(_) => match self.class() {
                ErrorClass::Retry | ErrorClass::Later => ErrorKind::Contended,
                ErrorClass::Unavailable => ErrorKind::Unavailable,
                ErrorClass::Permanent => ErrorKind::Internal,
            },
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Rejected(RejectionText(rejection)) => match rejection {
                Rejection::NoSuchOrder => "no_such_order",
                Rejection::AlreadyShipped => "order_already_shipped",
                Rejection::AlreadyPlaced
                | Rejection::NotConfirmed
                | Rejection::NotShipped
                | Rejection::SentAlthoughCancelled
                | Rejection::ForeignPayment
                | Rejection::WrongAmount
                | Rejection::TakenAway => "order_contradiction",
            },
            Self::NoSuchBasket => "no_such_basket",
            Self::BasketFull => "basket_full",
            Self::QuoteInvalid(_) => "quote_invalid",
            Self::QuoteExpired => "quote_expired",
            Self::QuoteOfAnother => "quote_of_another",
            Self::QuoteUsed => "quote_used",
            Self::PaymentUsed => "payment_used",
            Self::NumberTaken | Self::Contended => "contended",
            Self::Message(_) | Self::Corrupt(_) => "internal",
            Self::Request(error) => error.code(),
            Self::Append(_) | Self::Enqueue(_) | Self::Database(_) => "database_unavailable",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::QuoteInvalid(_) | Self::QuoteExpired => vec![FieldError::new("quote", self)],
            Self::Request(error) => error.fields(),
            Self::Rejected(_)
            | Self::NoSuchBasket
            | Self::BasketFull
            | Self::QuoteOfAnother
            | Self::QuoteUsed
            | Self::PaymentUsed
            | Self::NumberTaken
            | Self::Contended
            | Self::Message(_)
            | Self::Corrupt(_)
            | Self::Append(_)
            | Self::Enqueue(_)
            | Self::Database(_) => Vec::new(),
        }
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            // What is missing may be under way by another topic.
            Self::Rejected(RejectionText(Rejection::NotConfirmed | Rejection::NotShipped)) => {
                ErrorClass::Later
            }
            Self::NumberTaken | Self::Contended => ErrorClass::Retry,
            Self::Append(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::Database(error) => error.class(),
            Self::Rejected(_)
            | Self::NoSuchBasket
            | Self::BasketFull
            | Self::QuoteInvalid(_)
            | Self::QuoteExpired
            | Self::QuoteOfAnother
            | Self::QuoteUsed
            | Self::PaymentUsed
            | Self::Message(_)
            | Self::Corrupt(_)
            | Self::Request(_) => ErrorClass::Permanent,
        }
    }
}
