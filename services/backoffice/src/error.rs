//! Why a page cannot be shown or a form not be obeyed.

use http::StatusCode;
use web::client::CallError;

/// A failure, as a page shows it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody is signed in.
    #[error("sign in first")]
    NotSignedIn,
    /// Somebody who does not run the shop.
    #[error("this page is for the people who run the shop")]
    NotStaff,
    /// The form came from a page of another site.
    #[error("the form came from another site")]
    CrossSite,
    /// A service refused, and says why.
    #[error("{detail}")]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// What went wrong, with every wrong field.
        detail: String,
    },
    /// A service did not answer.
    #[error("a part of the shop does not answer; try again")]
    Call(#[from] CallError),
    /// A page could not be written.
    #[error("the page could not be written")]
    Template(#[from] askama::Error),
}

impl Error {
    /// The page's status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::NotStaff | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Refused { status, .. } => *status,
            Self::Call(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
