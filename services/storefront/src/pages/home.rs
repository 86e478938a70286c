//! The front page: what kinds of things there are, and what is new.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use contracts::search::{ListProductsRequest, Sort};

use super::list::Card;
use crate::error::Error;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    new: Vec<Card>,
}

/// The front page.
pub(super) async fn show_home(
    State(shop): State<Shop>,
    visitor: Visitor,
) -> Result<Response, Error> {
    let request = ListProductsRequest {
        sort: Sort::Newest.into(),
        limit: 8,
        ..ListProductsRequest::default()
    };
    let new = shop.search.list(request).await?;
    let new = new.products.iter().map(Card::of).collect();
    let frame = shop.frame("Flotilla: good things from many small makers", &visitor).await;
    page(&Home { frame, new })
}
