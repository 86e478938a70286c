//! Every way in which a page cannot be shown, and the page that is shown instead.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use problem::{Body, FieldError};
use web::client::CallError;

use crate::frame::Frame;
use crate::pages::message::Message;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is nothing at this address, or not for this visitor.
    #[error("there is no such page")]
    NotFound,
    /// Only for those who are signed in; they come back here afterwards.
    #[error("sign in first")]
    SignIn(String),
    /// A form of another site.
    #[error("the form came from another site")]
    CrossSite,
    /// A service said no, and said why.
    #[error("{}", .0.detail)]
    Refused(Box<Body>),
    /// A service does not answer: what still works is said by the page.
    #[error("{part} does not answer: {why}")]
    Down {
        /// What of the shop is missing.
        part: &'static str,
        /// For the log.
        why: String,
    },
    /// A page that could not be rendered.
    #[error("a page could not be rendered: {0}")]
    Render(#[from] askama::Error),
}

impl Error {
    /// The wrong fields, when a service named them.
    pub(crate) fn fields(&self) -> &[FieldError] {
        if let Self::Refused(body) = self { &body.errors } else { &[] }
    }

    /// The problem's code; empty when it is none.
    pub(crate) fn code(&self) -> &str {
        if let Self::Refused(body) = self { &body.code } else { "" }
    }

    /// True when asking again for the same thing cannot help, but other input can.
    pub(crate) fn is_input(&self) -> bool {
        matches!(self, Self::Refused(body) if matches!(body.status, 400..=499))
    }

    fn message(&self) -> (StatusCode, Message) {
        match self {
            Self::NotFound | Self::SignIn(_) => (
                StatusCode::NOT_FOUND,
                Message::new("Nothing on this chart", "There is no page at this address. It may have sailed on.")
                    .link("/", "Back to the harbour"),
            ),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                Message::new("That came from elsewhere", "For your safety the shop takes forms from its own pages only.")
                    .link("/", "Go to the shop"),
            ),
            Self::Refused(body) => (
                StatusCode::from_u16(body.status).unwrap_or(StatusCode::BAD_REQUEST),
                Message::new("That did not work", &body.detail).link("/basket", "Go to your basket"),
            ),
            Self::Down { part, .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                Message::new(
                    "Becalmed for a moment",
                    &format!("{part} cannot be reached right now. Everything else goes on: you can browse, and \
                        nothing that you have put into your basket is lost. Try again in a minute."),
                )
                .link("/", "Browse the shop"),
            ),
            Self::Render(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Message::new("A leak on our side", "Something went wrong here. It has been noted; please try again.")
                    .link("/", "Back to the harbour"),
            ),
        }
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        let callee = match &error {
            CallError::Busy(callee)
            | CallError::NoAnswer { callee, .. }
            | CallError::Unreadable { callee, .. } => *callee,
        };
        Self::Down { part: part(callee), why: error.to_string() }
    }
}

/// What shoppers call a service.
pub(crate) fn part(callee: &str) -> &'static str {
    match callee {
        "auth" => "Signing in",
        "orders" => "The part that keeps baskets and orders",
        "pricing" => "The price desk",
        "payments" => "The payment desk",
        "catalog" => "The part that takes new listings",
        "shipping" => "The shipping desk",
        _ => "The catalogue",
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::SignIn(back) = &self {
            let back = url::form_urlencoded::byte_serialize(back.as_bytes()).collect::<String>();
            return Redirect::to(&format!("/sign-in?next={back}")).into_response();
        }
        match &self {
            Self::Down { part, why } => tracing::warn!(part, why, "a page is missing a service"),
            Self::Render(error) => tracing::error!(%error, "a page could not be rendered"),
            Self::NotFound | Self::SignIn(_) | Self::CrossSite | Self::Refused(_) => {}
        }
        let (status, message) = self.message();
        let frame = Frame::plain(message.title());
        message.page(frame, status)
    }
}
