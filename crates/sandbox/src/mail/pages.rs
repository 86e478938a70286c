//! The mailbox: a list with a search, one mail, and the same as JSON for tests.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::store::{Envelope, Store};
use crate::Error;
use crate::page::{page, with_headers};

/// A mail's own page: no scripts, no forms, nothing from elsewhere, no name of ours.
const FOREIGN: &str = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    frame-ancestors 'self'; base-uri 'none'";

pub(crate) fn routes() -> Router<Store> {
    Router::new()
        .route("/", get(show_mailbox))
        .route("/mails/{id}", get(show_mail))
        .route("/mails/{id}/html", get(show_html))
        .route("/api/mails", get(list_mails))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    to: String,
    limit: Option<usize>,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    to: String,
    mails: Vec<Envelope>,
}

async fn show_mailbox(State(store): State<Store>, Query(wanted): Query<Wanted>) -> Response {
    let mails = store.list(&wanted.to, wanted.limit.unwrap_or(100).min(1000));
    page(StatusCode::OK, &MailboxPage { to: wanted.to, mails })
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    mail: Envelope,
    to: String,
    text: String,
    with_html: bool,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage;

/// The text and the HTML of a mail.
async fn bodies(store: &Store, mail: &Envelope) -> Result<(String, Option<String>), Error> {
    let raw = store.read(mail).await?;
    let Some(parsed) = mail_parser::MessageParser::default().parse(&raw) else {
        return Ok((String::from_utf8_lossy(&raw).into_owned(), None));
    };
    // Only what the mail has; the parser would make the other out of it.
    let html = parsed.html_part(0).filter(|part| part.is_text_html());
    let html = html.and_then(|part| part.text_contents()).map(str::to_owned);
    let text = parsed.body_text(0).map(std::borrow::Cow::into_owned);
    Ok((text.unwrap_or_default(), html))
}

async fn show_mail(State(store): State<Store>, Path(id): Path<String>) -> Result<Response, Error> {
    let Some(mail) = store.find(&id) else {
        return Ok(page(StatusCode::NOT_FOUND, &GonePage));
    };
    let (text, html) = bodies(&store, &mail).await?;
    let to = mail.to.join(", ");
    Ok(page(StatusCode::OK, &MailPage { mail, to, text, with_html: html.is_some() }))
}

async fn show_html(State(store): State<Store>, Path(id): Path<String>) -> Result<Response, Error> {
    let Some(mail) = store.find(&id) else {
        return Ok(page(StatusCode::NOT_FOUND, &GonePage));
    };
    let (_, html) = bodies(&store, &mail).await?;
    Ok(with_headers(Html(html.unwrap_or_default()).into_response(), FOREIGN))
}

async fn list_mails(
    State(store): State<Store>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let mut mails = Vec::new();
    for mail in store.list(&wanted.to, wanted.limit.unwrap_or(20).min(1000)) {
        let (text, html) = bodies(&store, &mail).await?;
        mails.push(json!({
            "id": mail.id, "from": mail.from, "to": mail.to, "subject": mail.subject,
            "received_at": mail.received_at, "text": text, "html": html,
        }));
    }
    Ok(Json(json!({ "mails": mails })).into_response())
}
