//! Failures as pages.

use askama::Template;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;

use crate::error::Error;

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    title: &'static str,
    section: &'static str,
    done: String,
    message: String,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if matches!(self, Self::NotSignedIn) {
            return Redirect::to("/sign-in?next=/admin").into_response();
        }
        let status = self.status();
        if status.is_server_error() {
            tracing::warn!(error = %self, "a page of the back office failed");
        }
        let title = match status {
            StatusCode::FORBIDDEN => "Not for you",
            StatusCode::NOT_FOUND => "Not there",
            status if status.is_server_error() => "Not available",
            _ => "That did not work",
        };
        let page =
            FailurePage { title, section: "", done: String::new(), message: self.to_string() };
        let html = page.render().unwrap_or_else(|_| page.message.clone());
        (status, Html(html)).into_response()
    }
}
