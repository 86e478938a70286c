//! What went wrong, said once: an [`ErrorKind`] knows its HTTP status and its gRPC code, nothing else does.

mod correlation;
mod grpc;
mod kind;
mod response;

pub use correlation::{correlated, correlation};
pub use kind::ErrorKind;
pub use response::{Body, FieldError, Problem};

/// An error that a caller gets to see.
///
/// The service says what happened ([`code`](Self::code), the error's text) and of what kind that is;
/// HTTP and gRPC follow from the kind.
pub trait ServiceError: std::error::Error {
    /// What the caller should do about it.
    fn kind(&self) -> ErrorKind;

    /// A stable name in `snake_case`; `docs/problems/<code>.md` explains it.
    fn code(&self) -> &'static str;

    /// The fields that are wrong, all of them.
    fn fields(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// Seconds after which another try makes sense; the kind's own when absent.
    fn retry_after(&self) -> Option<u64> {
        None
    }
}
