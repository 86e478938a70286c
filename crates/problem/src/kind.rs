//! What a caller should do about an error.

use http::StatusCode;

/// The kinds of failure, each with one HTTP status (RFC 9110) and one gRPC code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request cannot be read at all.
    Malformed,
    /// The request was understood and says something that cannot be.
    Invalid,
    /// Nobody is signed in.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing, or not for this caller.
    NotFound,
    /// The path knows no such method.
    MethodNotAllowed,
    /// The state of things does not allow it.
    Conflict,
    /// Others changed the same thing at once: try again.
    Contended,
    /// `If-Match` names a version that is no longer current.
    Stale,
    /// `If-Match` or `Idempotency-Key` is missing (RFC 6585).
    PreconditionRequired,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is of another type than expected.
    UnsupportedMedia,
    /// Too many requests: slow down.
    TooMany,
    /// What the caller wants to see has not come yet: try again.
    Behind,
    /// Something that this needs is down: try again later.
    Unavailable,
    /// Our fault.
    Internal,
}

impl ErrorKind {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::Contended => StatusCode::CONFLICT,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Behind | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The gRPC code (google.rpc.Code).
    #[must_use]
    pub const fn grpc(self) -> tonic::Code {
        match self {
            Self::Malformed | Self::Invalid | Self::TooLarge | Self::UnsupportedMedia => {
                tonic::Code::InvalidArgument
            }
            Self::Unauthenticated => tonic::Code::Unauthenticated,
            Self::Forbidden => tonic::Code::PermissionDenied,
            Self::NotFound => tonic::Code::NotFound,
            Self::MethodNotAllowed => tonic::Code::Unimplemented,
            Self::Conflict | Self::PreconditionRequired | Self::Stale => {
                tonic::Code::FailedPrecondition
            }
            Self::Contended => tonic::Code::Aborted,
            Self::TooMany => tonic::Code::ResourceExhausted,
            Self::Behind | Self::Unavailable => tonic::Code::Unavailable,
            Self::Internal => tonic::Code::Internal,
        }
    }

    /// True when the same request may succeed later without any change.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(self, Self::Contended | Self::TooMany | Self::Behind | Self::Unavailable)
    }

    /// True when the cause is ours: it is logged, and the caller learns no more than the code.
    #[must_use]
    pub const fn ours(self) -> bool {
        matches!(self, Self::Unavailable | Self::Internal)
    }
}
