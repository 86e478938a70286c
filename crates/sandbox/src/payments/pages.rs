//! The pages on which a shopper enters a card and, if the bank asks for it, the code of 3-D Secure.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;
use url::Url;

use super::book::Session;
use super::cards::{TEST_CARDS, TestCard, Typed, Wrong, check};
use super::till::Till;
use crate::Error;
use crate::page::page;

/// The code that the bank's challenge wants.
const CODE: &str = "123456";

pub(crate) fn routes() -> Router<Till> {
    Router::new()
        .route("/pay/{session}", get(show_card_form).post(take_card))
        .route("/pay/{session}/challenge", get(show_challenge).post(take_code))
        .route("/pay/{session}/cancel", get(give_up))
}

#[derive(Template)]
#[template(path = "card.html")]
struct CardPage {
    session: String,
    amount: String,
    name: String,
    expiry: String,
    wrong: Wrong,
    cards: [TestCard; 6],
}

#[derive(Template)]
#[template(path = "challenge.html")]
struct ChallengePage {
    amount: String,
    last4: String,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage;

async fn find(till: &Till, id: &str) -> Result<Option<Session>, Error> {
    till.look(|book| book.sessions.get(id).cloned()).await
}

fn gone() -> Response {
    page(StatusCode::NOT_FOUND, &GonePage)
}

async fn show_card_form(
    State(till): State<Till>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    Ok(match find(&till, &id).await? {
        None => gone(),
        // A reload after the card was taken goes on to the shop.
        Some(session) if session.card.is_some() => back(&session, "ok"),
        Some(session) => {
            page(StatusCode::OK, &card_page(&session, &Typed::default(), Wrong::default()))
        }
    })
}

fn card_page(session: &Session, typed: &Typed, wrong: Wrong) -> CardPage {
    CardPage {
        session: session.id.clone(),
        amount: amount(session),
        name: typed.name.clone(),
        expiry: typed.expiry.clone(),
        wrong,
        cards: TEST_CARDS,
    }
}

fn amount(session: &Session) -> String {
    let currency = session.currency.parse();
    let money = currency.map(|currency| kernel::Money::new(session.amount_minor, currency));
    money.map(|money| money.to_string()).unwrap_or_default()
}

async fn take_card(
    State(till): State<Till>,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Error> {
    let Some(session) = find(&till, &id).await? else { return Ok(gone()) };
    if session.card.is_some() {
        return Ok(back(&session, "ok"));
    }
    let today = kernel::now();
    match check(&typed, (today.year(), u8::from(today.month()))) {
        Err(wrong) => {
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &card_page(&session, &typed, wrong)))
        }
        Ok(card) => Ok(match till.enter_card(&id, card).await? {
            true => see(&format!("{id}/challenge")),
            false => back(&session, "ok"),
        }),
    }
}

async fn show_challenge(
    State(till): State<Till>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    Ok(match find(&till, &id).await? {
        None => gone(),
        Some(session) if session.card.is_some() => back(&session, "ok"),
        Some(session) => challenge_page(&session, StatusCode::OK),
    })
}

fn challenge_page(session: &Session, status: StatusCode) -> Response {
    let Some(card) = &session.challenged else { return gone() };
    let page_of = ChallengePage {
        amount: amount(session),
        last4: card.last4.clone(),
        wrong: status != StatusCode::OK,
    };
    page(status, &page_of)
}

#[derive(Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
}

async fn take_code(
    State(till): State<Till>,
    Path(id): Path<String>,
    Form(typed): Form<Code>,
) -> Result<Response, Error> {
    let Some(session) = find(&till, &id).await? else { return Ok(gone()) };
    if session.card.is_some() {
        return Ok(back(&session, "ok"));
    }
    Ok(match till.enter_code(&id, typed.code.trim() == CODE).await? {
        Some(true) => back(&session, "ok"),
        Some(false) => back(&session, "failed"),
        None => challenge_page(&session, StatusCode::UNPROCESSABLE_ENTITY),
    })
}

async fn give_up(State(till): State<Till>, Path(id): Path<String>) -> Result<Response, Error> {
    Ok(find(&till, &id).await?.map_or_else(gone, |session| back(&session, "failed")))
}

/// Back to the shop, which learns the session and the result from the address.
fn back(session: &Session, result: &str) -> Response {
    let Ok(mut url) = session.return_url.parse::<Url>() else { return gone() };
    url.query_pairs_mut().append_pair("session", &session.id).append_pair("result", result);
    see(url.as_str())
}

fn see(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place.to_owned())]).into_response()
}
