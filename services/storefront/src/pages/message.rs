//! A page that says one thing: what happened, or why there is no other page.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use crate::frame::Frame;

/// What is said.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    title: String,
    text: String,
    /// Address and words.
    link: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    frame: Frame,
    message: Message,
}

impl Message {
    pub(crate) fn new(title: &str, text: &str) -> Self {
        Self { title: title.to_owned(), text: text.to_owned(), link: None }
    }

    /// Where to go next.
    pub(crate) fn link(mut self, address: &str, words: &str) -> Self {
        self.link = Some((address.to_owned(), words.to_owned()));
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The page.
    pub(crate) fn page(self, frame: Frame, status: StatusCode) -> Response {
        match (MessagePage { frame, message: self.clone() }).render() {
            Ok(html) => (status, Html(html)).into_response(),
            // The words at least.
            Err(_) => (status, format!("{}\n\n{}\n", self.title, self.text)).into_response(),
        }
    }
}
