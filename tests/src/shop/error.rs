//! What can go wrong between a client and the shop.

use std::time::Duration;

/// Why something did not work, with all that the shop said.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer arrived.
    #[error("no answer: {0:?}")]
    Transport(#[from] reqwest::Error),
    /// Another answer than was hoped for.
    #[error("{status} from {url}: {body}")]
    Answer {
        /// Who answered.
        url: String,
        /// HTTP status.
        status: u16,
        /// The whole body.
        body: String,
    },
    /// A success with a body that does not say what it should.
    #[error("{status} from {url}, but {message}: {body}")]
    Shape {
        /// Who answered.
        url: String,
        /// HTTP status.
        status: u16,
        /// What is missing or wrong.
        message: String,
        /// The whole body.
        body: String,
    },
    /// It did not happen in time.
    #[error("not within {patience:?}: {what}")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        patience: Duration,
    },
    /// It will never happen.
    #[error("never: {0}")]
    Never(String),
    /// The environment does not say where something is.
    #[error("the variable {0} is missing; ./dev test e2e starts a fleet and sets it")]
    Missing(&'static str),
}

impl Error {
    /// The HTTP status, when there was an answer.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Answer { status, .. } | Self::Shape { status, .. } => Some(*status),
            Self::Transport(_) | Self::Late { .. } | Self::Never(_) | Self::Missing(_) => None,
        }
    }

    /// The problem's stable code, when the answer was a problem (RFC 9457).
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let Self::Answer { body, .. } = self else { return None };
        let problem: serde_json::Value = serde_json::from_str(body).ok()?;
        Some(problem.get("code")?.as_str()?.to_owned())
    }
}
