//! Every way in which a request or an event can fail, and what that asks for.

use contracts::ConvertError;
use kernel::Sku;
use messaging::{AppendError, Classify, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::{RequestError, TokenError};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("there is no SKU {0}")]
    UnknownSku(Sku),
    #[error("there is no coupon {0}")]
    UnknownCoupon(String),
    #[error("there is a coupon {0} already")]
    CouponExists(String),
    #[error("the price was changed by somebody else; it is at version {0}")]
    StalePrice(i64),
    #[error("the same was changed by somebody else")]
    Contended,
    #[error("unreadable row: {0}")]
    Corrupt(&'static str),
    #[error("an event says something impossible")]
    Event(#[from] ConvertError),
    #[error("the quote could not be signed")]
    Sign(#[from] TokenError),
    #[error("the event could not be written")]
    Append(#[from] AppendError),
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(error) => error.kind(),
            Self::UnknownSku(_) | Self::UnknownCoupon(_) => ErrorKind::NotFound,
            Self::CouponExists(_) => ErrorKind::Conflict,
            Self::StalePrice(_) => ErrorKind::Stale,
            Self::Contended => ErrorKind::Contended,
            Self::Database(_) => ErrorKind::Unavailable,
            Self::Corrupt(_) | Self::Event(_) | Self::Sign(_) | Self::Append(_) => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::UnknownSku(_) => "unknown_sku",
            Self::UnknownCoupon(_) => "unknown_coupon",
            Self::CouponExists(_) => "coupon_exists",
            Self::StalePrice(_) => "price_is_stale",
            Self::Contended => "contended",
            Self::Database(_) => "database_unavailable",
            Self::Corrupt(_) | Self::Event(_) | Self::Sign(_) | Self::Append(_) => "internal",
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
            Self::Contended => ErrorClass::Retry,
            Self::Request(_)
            | Self::UnknownSku(_)
            | Self::UnknownCoupon(_)
            | Self::CouponExists(_)
            | Self::StalePrice(_)
            | Self::Corrupt(_)
            | Self::Event(_)
            | Self::Sign(_) => ErrorClass::Permanent,
        }
    }
}
