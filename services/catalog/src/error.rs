//! Every way a request or a piece of work can fail, and its problem code.

use messaging::{AppendError, Classify, EnqueueError, ErrorClass};
use problem::{ErrorKind, FieldError, ServiceError};
use web::RequestError;

use crate::domain::product::Rejection;
use crate::domain::shopify::FileError;
use crate::image::ImageError;

/// A failure of catalog.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The rules say no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The caller has seen another version.
    #[error("the product has changed: it is at version {0}")]
    Stale(i64),
    /// Another product has this name in URLs.
    #[error("another product has this handle")]
    HandleTaken,
    /// Another product, or a removed variant of another product, has this SKU.
    #[error("another product has this SKU")]
    SkuTaken,
    /// A category must exist before products are put in it.
    #[error("there is no such category")]
    NoSuchCategory(&'static str),
    /// No such import, or it is gone.
    #[error("there is no such import")]
    NoSuchImport,
    /// No such picture, or not the caller's.
    #[error("there is no such picture")]
    NoSuchMedia,
    /// The picture is of no use.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The file is of no use.
    #[error(transparent)]
    File(#[from] FileError),
    /// The body is not `text/csv`.
    #[error("expected a body of type text/csv")]
    NotCsv,
    /// The request is wrong.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The database holds what this build cannot have written.
    #[error("corrupt: {0}")]
    Corrupt(&'static str),
    /// Events could not be appended.
    #[error("events could not be appended")]
    Append(#[from] AppendError),
    /// A job could not be written.
    #[error("a job could not be written")]
    Enqueue(#[from] EnqueueError),
    /// The database failed.
    #[error("database unavailable")]
    Database(sqlx::Error),
}

/// Constraints that say what a caller did wrong.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        match constraint {
            Some("handles_are_unique") => Self::HandleTaken,
            Some("skus_are_unique") => Self::SkuTaken,
            Some("products_have_a_category") => Self::NoSuchCategory("category"),
            _ => Self::Database(error),
        }
    }
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(rejection) => kind(*rejection),
            Self::Image(ImageError::TooLarge) => ErrorKind::TooLarge,
            Self::Image(ImageError::NoImage) | Self::NotCsv => ErrorKind::UnsupportedMedia,
            Self::Stale(_) => ErrorKind::Stale,
            Self::HandleTaken | Self::SkuTaken => ErrorKind::Conflict,
            Self::NoSuchCategory(_) | Self::File(_) => ErrorKind::Invalid,
            Self::NoSuchImport | Self::NoSuchMedia => ErrorKind::NotFound,
            Self::Request(error) => error.kind(),
            Self::Corrupt(_) => ErrorKind::Internal,
            Self::Append(AppendError::Database(_))
            | Self::Enqueue(EnqueueError::Database(_))
            | Self::Database(_) => ErrorKind::Unavailable,
            Self::Append(_) | Self::Enqueue(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Rejected(Rejection::NoSuchProduct) => "product_not_found",
            Self::Rejected(Rejection::AlreadyCreated) => "product_exists",
            Self::Rejected(Rejection::NothingToSell) => "nothing_to_sell",
            Self::Rejected(Rejection::LastVariant) => "last_variant",
            Self::Rejected(Rejection::NoSuchVariant) => "variant_not_found",
            Self::Rejected(Rejection::VariantExists) => "variant_exists",
            Self::Rejected(Rejection::WrongOptions) => "wrong_options",
            Self::Rejected(Rejection::TooManyVariants) => "too_many_variants",
            Self::Rejected(Rejection::TooManyPictures) => "too_many_pictures",
            Self::Rejected(Rejection::NoSuchPicture) => "picture_not_found",
            Self::Stale(_) => "stale_version",
            Self::HandleTaken => "handle_taken",
            Self::SkuTaken => "sku_taken",
            Self::NoSuchCategory(_) => "no_such_category",
            Self::NoSuchImport => "import_not_found",
            Self::NoSuchMedia => "picture_not_found",
            Self::Image(ImageError::TooLarge) => "body_too_large",
            Self::Image(ImageError::NoImage) | Self::NotCsv => "unsupported_media_type",
            Self::File(_) => "unusable_file",
            Self::Request(error) => error.code(),
            Self::Corrupt(_) | Self::Append(_) | Self::Enqueue(_) => "internal",
            Self::Database(_) => "database_unavailable",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::NoSuchCategory(field) => vec![FieldError::new(*field, self)],
            Self::Request(error) => error.fields(),
            Self::Rejected(_)
            | Self::Stale(_)
            | Self::HandleTaken
            | Self::SkuTaken
            | Self::NoSuchImport
            | Self::NoSuchMedia
            | Self::Image(_)
            | Self::File(_)
            | Self::NotCsv
            | Self::Corrupt(_)
            | Self::Append(_)
            | Self::Enqueue(_)
            | Self::Database(_) => Vec::new(),
        }
    }
}

const fn kind(rejection: Rejection) -> ErrorKind {
    match rejection {
        Rejection::NoSuchProduct | Rejection::NoSuchVariant | Rejection::NoSuchPicture => {
            ErrorKind::NotFound
        }
        Rejection::WrongOptions => ErrorKind::Invalid,
        Rejection::AlreadyCreated
        | Rejection::NothingToSell
        | Rejection::LastVariant
        | Rejection::VariantExists
        | Rejection::TooManyVariants
        | Rejection::TooManyPictures => ErrorKind::Conflict,
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Database(error) => error.class(),
            Self::Append(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::Request(RequestError::Database(error)) => error.class(),
            Self::Rejected(_)
            | Self::Stale(_)
            | Self::HandleTaken
            | Self::SkuTaken
            | Self::NoSuchCategory(_)
            | Self::NoSuchImport
            | Self::NoSuchMedia
            | Self::Image(_)
            | Self::File(_)
            | Self::NotCsv
            | Self::Request(_)
            | Self::Corrupt(_) => ErrorClass::Permanent,
        }
    }
}
