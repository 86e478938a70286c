//! What the links of mails lead to: confirming an address, setting a new password.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::message::Message;
use crate::error::Error;
use crate::forms::Wrong;
use crate::frame::{Frame, again, page};
use crate::shop::Shop;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm {
    frame: Frame,
    form: Recovery,
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct Forgot {
    frame: Frame,
    form: Recovery,
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct Reset {
    frame: Frame,
    form: Recovery,
    wrong: Wrong,
}

/// What the forms here ask.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Recovery {
    email: String,
    /// Out of the mail.
    token: String,
    password: String,
}

/// A button that confirms: a link that programs open by themselves must change nothing.
pub(super) async fn show_confirmation(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(form): Query<Recovery>,
) -> Result<Response, Error> {
    let frame = shop.frame("Confirm your address · Flotilla", &visitor).await;
    page(&Confirm { frame, form })
}

/// Confirms an e-mail address.
pub(super) async fn confirm_email(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(form): Form<Recovery>,
) -> Result<Response, Error> {
    let frame = shop.frame("Your address · Flotilla", &visitor).await;
    match shop.auth.confirm_email(&form.token).await {
        Ok(()) => Ok(Message::new(
            "Your address is confirmed",
            "From now on you can sell things here, too.",
        )
        .link("/account", "Go to your account")
        .page(frame, StatusCode::OK)),
        Err(error) if error.is_input() => Ok(Message::new(
            "This link no longer works",
            "It works once and for a day. Ask for another one in your account.",
        )
        .link("/account", "Go to your account")
        .page(frame, StatusCode::UNPROCESSABLE_ENTITY)),
        Err(error) => Err(error),
    }
}

/// The form of those who forgot their password.
pub(super) async fn show_forgot(
    State(shop): State<Shop>,
    visitor: Visitor,
) -> Result<Response, Error> {
    let frame = shop.frame("Forgotten password · Flotilla", &visitor).await;
    page(&Forgot { frame, form: Recovery::default(), wrong: Wrong::default() })
}

/// Asks for a mail. The answer is the same whether or not the address has an account.
pub(super) async fn forgot(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(form): Form<Recovery>,
) -> Result<Response, Error> {
    let frame = shop.frame("Forgotten password · Flotilla", &visitor).await;
    match shop.auth.forgot(&visitor, &form.email).await {
        Ok(()) => Ok(Message::new(
            "Look into your mail",
            "If there is an account with this address, a mail with a link is on its way. The link works for an hour.",
        )
        .link("/", "Back to the harbour")
        .page(frame, StatusCode::OK)),
        Err(error) => again(&Forgot { frame, wrong: Wrong::of(error)?, form }),
    }
}

/// The form for a new password.
pub(super) async fn show_reset(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(form): Query<Recovery>,
) -> Result<Response, Error> {
    let frame = shop.frame("A new password · Flotilla", &visitor).await;
    page(&Reset { frame, form, wrong: Wrong::default() })
}

/// Sets a new password.
pub(super) async fn reset(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(form): Form<Recovery>,
) -> Result<Response, Error> {
    let frame = shop.frame("A new password · Flotilla", &visitor).await;
    match shop.auth.reset(&visitor, &form.token, &form.password).await {
        Ok(()) => Ok(Message::new(
            "Your password is changed",
            "You were signed out everywhere. Sign in with the new one.",
        )
        .link("/sign-in", "Sign in")
        .page(frame, StatusCode::OK)),
        Err(error) => again(&Reset { frame, wrong: Wrong::of(error)?, form }),
    }
}
