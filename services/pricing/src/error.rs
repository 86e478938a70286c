//! Every way in which a request or an event can fail, and what that asks for.

use contracts::ConvertError;
use kernel::Sku;
use messaging::{AppendError, Classify, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use runtime::operation::OperationError;
use web::{RequestError, TokenError};

use crate::domain::price::Rejection;
use crate::domain::price_sheet::SheetError;

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
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("send a file of type text/csv")]
    NotCsv,
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error("there is no price to change")]
    NothingToChange,
    #[error(transparent)]
    Operation(#[from] OperationError),
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
            Self::Rejected(_) | Self::NothingToChange => ErrorKind::Invalid,
            Self::NotCsv => ErrorKind::UnsupportedMedia,
            Self::Sheet(SheetError::TooManyLines) => ErrorKind::TooLarge,
            Self::Sheet(_) => ErrorKind::Invalid,
            Self::Operation(error) => error.kind(),
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
            Self::Rejected(_) => "price_refused",
            Self::NotCsv => "unsupported_media_type",
            Self::Sheet(SheetError::TooManyLines) => "too_many_lines",
            Self::Sheet(_) => "unusable_file",
            Self::NothingToChange => "nothing_to_change",
            Self::Operation(error) => error.code(),
            Self::Contended => "contended",
            Self::Database(_) => "database_unavailable",
            Self::Corrupt(_) | Self::Event(_) | Self::Sign(_) | Self::Append(_) => "internal",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Request(error) => error.fields(),
            Self::Operation(error) => error.fields(),
            Self::UnknownSku(_)
            | Self::UnknownCoupon(_)
            | Self::CouponExists(_)
            | Self::StalePrice(_)
            | Self::Rejected(_)
            | Self::NotCsv
            | Self::Sheet(_)
            | Self::NothingToChange
            | Self::Contended
            | Self::Corrupt(_)
            | Self::Event(_)
            | Self::Sign(_)
            | Self::Append(_)
            | Self::Database(_) => Vec::new(),
        }
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
            | Self::Rejected(_)
            | Self::NotCsv
            | Self::Sheet(_)
            | Self::NothingToChange
            | Self::Operation(_)
            | Self::Corrupt(_)
            | Self::Event(_)
            | Self::Sign(_) => ErrorClass::Permanent,
        }
    }
}
