//! What belongs to an account: its orders, its sessions, its sales.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::message::Message;
use crate::clients::auth::{Me, Session};
use crate::clients::orders::{Line, Summary};
use crate::error::Error;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    me: Me,
    orders: Vec<Summary>,
    /// Empty: no further page.
    next: String,
    sessions: Vec<Session>,
}

#[derive(Template)]
#[template(path = "sales.html")]
struct Sales {
    frame: Frame,
    sales: Vec<Summary>,
    /// Empty: no further page.
    next: String,
}

impl Account {
    fn browser(&self, session: &Session) -> String {
        show::browser(&session.user_agent)
    }

    fn minute(&self, session: &Session) -> String {
        show::minute(session.used_at)
    }
}

impl Summary {
    /// `3 × Ocean Shirt, 1 × Wool Sweater`.
    fn contents(&self) -> String {
        let line = |line: &Line| format!("{} × {}", line.quantity, line.title);
        self.lines.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    fn day(&self) -> String {
        show::day(self.placed_at)
    }

    fn total(&self) -> String {
        self.total.map(show::money).unwrap_or_default()
    }
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    after: String,
}

/// My account.
pub(super) async fn show_account(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(query): Query<After>,
) -> Result<Response, Error> {
    visitor.signed_in()?;
    let me = shop.auth.me(&visitor).await?;
    let orders = shop.orders.list(&visitor, &query.after).await?;
    let sessions = shop.auth.sessions(&visitor).await?;
    let frame = shop.frame("My account · Flotilla", &visitor).await;
    let next = orders.next.unwrap_or_default();
    page(&Account { frame, me, orders: orders.items, next, sessions })
}

/// What I have sold.
pub(super) async fn show_sales(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(query): Query<After>,
) -> Result<Response, Error> {
    visitor.signed_in()?;
    let sales = shop.orders.sales(&visitor, &query.after).await?;
    let frame = shop.frame("My sales · Flotilla", &visitor).await;
    page(&Sales { frame, sales: sales.items, next: sales.next.unwrap_or_default() })
}

/// Asks for another mail to confirm the address with.
pub(super) async fn confirm_again(
    State(shop): State<Shop>,
    visitor: Visitor,
) -> Result<Response, Error> {
    visitor.signed_in()?;
    shop.auth.confirm_again(&visitor).await?;
    let frame = shop.frame("Look into your mail · Flotilla", &visitor).await;
    let message = Message::new("Look into your mail", "A mail with a link is on its way to you.");
    Ok(message.link("/account", "Back to your account").page(frame, StatusCode::OK))
}

/// Signs another browser out.
pub(super) async fn end_session(
    State(shop): State<Shop>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    visitor.signed_in()?;
    match shop.auth.end_session(&visitor, &id).await {
        Ok(()) => {}
        // It has ended already, which is what was wanted.
        Err(error) if error.code() == "no_such_session" => {}
        Err(error) => return Err(error),
    }
    Ok(Redirect::to("/account").into_response())
}
