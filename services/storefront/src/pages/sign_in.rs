//! Signing in, up and out.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use web::cookies;

use super::message::Message;
use crate::clients::auth::Tokens;
use crate::draft::Draft;
use crate::error::Error;
use crate::forms::Wrong;
use crate::frame::{Frame, again, page};
use crate::shop::Shop;
use crate::visitor::{Jar, Visitor};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    form: Credentials,
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUp {
    frame: Frame,
    form: Credentials,
    wrong: Wrong,
}

/// What both forms ask. The password is never shown again.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Credentials {
    name: String,
    email: String,
    password: String,
    /// Where to go afterwards.
    next: String,
}

impl Credentials {
    /// A page of our own, else the account: nobody is led elsewhere.
    fn destination(&self) -> &str {
        let own = self.next.starts_with('/')
            && !self.next.starts_with("//")
            && !self.next.contains(['\\', '\n', '\r', '\t']);
        if own { &self.next } else { "/account" }
    }
}

/// The form to sign in.
pub(super) async fn show_sign_in(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(form): Query<Credentials>,
) -> Result<Response, Error> {
    let frame = shop.frame("Sign in · Flotilla", &visitor).await;
    let form = Credentials { next: form.next, ..Credentials::default() };
    page(&SignIn { frame, form, wrong: Wrong::default() })
}

/// The form to open an account.
pub(super) async fn show_sign_up(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(form): Query<Credentials>,
) -> Result<Response, Error> {
    let frame = shop.frame("Open an account · Flotilla", &visitor).await;
    let form = Credentials { next: form.next, ..Credentials::default() };
    page(&SignUp { frame, form, wrong: Wrong::default() })
}

/// Signs in; what a guest put into a basket goes along.
pub(super) async fn sign_in(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(form): Form<Credentials>,
) -> Result<Response, Error> {
    match shop.auth.sign_in(&visitor, &form.email, &form.password).await {
        Ok(tokens) => begin(&shop, &visitor, &tokens, form.destination()).await,
        Err(error) => {
            let frame = shop.frame("Sign in · Flotilla", &visitor).await;
            again(&SignIn { frame, wrong: Wrong::of(error)?, form })
        }
    }
}

/// Opens an account and signs in. An address that has an account gets a mail instead, and nobody
/// learns here which it is unless the password is the account's own.
pub(super) async fn sign_up(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(form): Form<Credentials>,
) -> Result<Response, Error> {
    let new = (form.name.as_str(), form.email.as_str(), form.password.as_str());
    if let Err(error) = shop.auth.sign_up(&visitor, new).await {
        let frame = shop.frame("Open an account · Flotilla", &visitor).await;
        return again(&SignUp { frame, wrong: Wrong::of(error)?, form });
    }
    match shop.auth.sign_in(&visitor, &form.email, &form.password).await {
        Ok(tokens) => begin(&shop, &visitor, &tokens, form.destination()).await,
        Err(error) if error.is_input() => {
            let frame = shop.frame("Look into your mail · Flotilla", &visitor).await;
            let message = Message::new(
                "Look into your mail",
                "A mail is on its way to you. It says how to go on.",
            );
            Ok(message.link("/sign-in", "Sign in").page(frame, StatusCode::OK))
        }
        Err(error) => Err(error),
    }
}

async fn begin(
    shop: &Shop,
    visitor: &Visitor,
    tokens: &Tokens,
    to: &str,
) -> Result<Response, Error> {
    let mut jar = Jar::default().set(cookies::ACCESS, &tokens.access_token, tokens.expires_in).set(
        cookies::REFRESH,
        &tokens.refresh_token,
        tokens.refresh_expires_in,
    );
    if let Some(basket) = &visitor.basket {
        // The guest's basket stays in its cookie until it has arrived.
        match shop.orders.merge(&tokens.access_token, basket).await {
            Ok(merged) => jar = jar.clear(cookies::BASKET).pieces(merged.pieces()),
            Err(error) if error.is_input() => jar = jar.clear(cookies::BASKET),
            Err(error) => tracing::warn!(%error, "a basket was not merged at sign-in"),
        }
    }
    Ok(jar.on(Redirect::to(to)))
}

/// Signs out. The cookies go whatever auth says; the session ends there by itself.
pub(super) async fn sign_out(State(shop): State<Shop>, headers: HeaderMap) -> Response {
    if let Some(token) = cookies::read(&headers, cookies::REFRESH)
        && let Err(error) = shop.auth.sign_out(token).await
    {
        tracing::warn!(%error, "a session was not ended at auth");
    }
    let jar = Jar::default().clear(cookies::ACCESS).clear(cookies::REFRESH).pieces(0);
    // The next person at this browser is shown no address.
    Draft::clear(jar).on(Redirect::to("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        let to = |next: &str| {
            Credentials { next: next.into(), ..Credentials::default() }.destination().to_owned()
        };

        assert_eq!(to("/checkout?step=2"), "/checkout?step=2");
        for elsewhere in
            ["", "https://evil.test", "//evil.test", "/\\evil.test", "/\t/evil.test", "evil"]
        {
            assert_eq!(to(elsewhere), "/account", "{elsewhere}");
        }
    }
}
