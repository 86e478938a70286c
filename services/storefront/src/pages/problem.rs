//! The page behind a problem's `type`.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::error::Error;
use crate::frame::{Frame, page};
use crate::problems;
use crate::shop::Shop;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    code: String,
    title: String,
    paragraphs: Vec<String>,
}

/// What a problem code means.
pub(super) async fn show_problem(
    State(shop): State<Shop>,
    visitor: Visitor,
    Path(code): Path<String>,
) -> Result<Response, Error> {
    let (title, paragraphs) = problems::find(&code).ok_or(Error::NotFound)?;
    let frame = shop.frame(&format!("{title} · Flotilla"), &visitor).await;
    page(&ProblemPage { frame, code, title, paragraphs })
}
