//! Every way in which a request fails before a service has looked at it.

use kernel::IdError;
use problem::{ErrorKind, FieldError, ServiceError};

/// A request that no service could accept.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The body is not JSON, or not UTF-8, or cut off.
    #[error("the body is not valid JSON: {0}")]
    MalformedBody(String),
    /// The body says something of another type than the field has.
    #[error("the request has {} wrong field(s)", .0.len())]
    InvalidFields(Vec<FieldError>),
    /// The body is not `application/json`.
    #[error("expected a body of type application/json")]
    NotJson,
    /// The body is larger than the route takes.
    #[error("the body is larger than this route takes")]
    TooLarge,
    /// The path holds something that cannot be an id of this kind.
    #[error("there is nothing at this address")]
    NoSuchPath,
    /// The path exists, for other methods.
    #[error("this address knows no such method")]
    MethodNotAllowed,
    /// The query string cannot be read.
    #[error("the query string is wrong: {0}")]
    MalformedQuery(String),
    /// No token, or none that is valid now.
    #[error("sign in first")]
    NotSignedIn,
    /// A token came before this process has read the keys that tokens are checked with.
    #[error("the service has just started; try again")]
    Starting,
    /// The caller lacks the role.
    #[error("this needs the role {0}")]
    MissingRole(&'static str),
    /// A form was posted from a page of another site.
    #[error("the request came from another site")]
    CrossSite,
    /// `If-Match` is missing or is no version.
    #[error("send If-Match with the version that you have seen, such as \"3\"")]
    IfMatchRequired,
    /// `Sync-Token` cannot be read.
    #[error("Sync-Token is not what an answer said: expected such as pricing.price.v1/shirt;v=7")]
    MalformedSyncToken,
    /// Something that was written is not to be seen yet, and the caller will have nothing older.
    #[error("not everything that was written is here yet: {0}")]
    Behind(String),
    /// `Idempotency-Key` is missing or unusable.
    #[error("send an Idempotency-Key of 1 to 255 visible characters")]
    IdempotencyKeyRequired,
    /// The key was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    IdempotencyKeyReused,
    /// The database did not answer.
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for RequestError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::MalformedBody(_) | Self::MalformedQuery(_) => ErrorKind::Malformed,
            Self::InvalidFields(_) | Self::IdempotencyKeyReused => ErrorKind::Invalid,
            Self::NotJson => ErrorKind::UnsupportedMedia,
            Self::TooLarge => ErrorKind::TooLarge,
            Self::NoSuchPath => ErrorKind::NotFound,
            Self::MethodNotAllowed => ErrorKind::MethodNotAllowed,
            Self::NotSignedIn => ErrorKind::Unauthenticated,
            Self::MissingRole(_) | Self::CrossSite => ErrorKind::Forbidden,
            Self::IfMatchRequired => ErrorKind::PreconditionRequired,
            Self::IdempotencyKeyRequired | Self::MalformedSyncToken => ErrorKind::Malformed,
            Self::Behind(_) => ErrorKind::Behind,
            Self::Database(_) | Self::Starting => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::MalformedBody(_) => "malformed_body",
            Self::MalformedQuery(_) => "malformed_query",
            Self::InvalidFields(_) => "invalid_fields",
            Self::NotJson => "unsupported_media_type",
            Self::TooLarge => "body_too_large",
            Self::NoSuchPath => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotSignedIn => "not_signed_in",
            Self::Starting => "service_unavailable",
            Self::MissingRole(_) => "missing_role",
            Self::CrossSite => "cross_site_request",
            Self::IfMatchRequired => "if_match_required",
            Self::MalformedSyncToken => "malformed_sync_token",
            Self::Behind(_) => "read_model_behind",
            Self::IdempotencyKeyRequired => "idempotency_key_required",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Database(_) => "database_unavailable",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        if let Self::InvalidFields(fields) = self { fields.clone() } else { Vec::new() }
    }
}

impl From<IdError> for RequestError {
    fn from(_: IdError) -> Self {
        Self::NoSuchPath
    }
}
