//! Messages that wait for a person, in every service.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{Done, StaffPage, done, page};
use crate::api::Api;
use crate::error::Error;

#[derive(Debug, Deserialize)]
struct Message {
    id: i64,
    event_type: String,
    key: String,
    blocking: bool,
    state: String,
    attempts: i32,
    last_error: Option<String>,
    parked_at: String,
}

#[derive(Template)]
#[template(path = "parked.html")]
struct ParkedPage {
    title: &'static str,
    section: &'static str,
    done: String,
    messages: Vec<(&'static str, Message)>,
    silent: Vec<&'static str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reason {
    reason: String,
}

pub(super) async fn list(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Query(note): Query<Done>,
) -> Result<Response, Error> {
    let (mut messages, mut silent) = (Vec::new(), Vec::new());
    for service in api.services() {
        match api.get::<Vec<Message>>(&format!("/api/{service}/v1/parked"), &caller).await {
            Ok(found) => messages.extend(found.into_iter().map(|message| (service, message))),
            Err(Error::NotSignedIn) => return Err(Error::NotSignedIn),
            // One service that is down must not hide the others' messages.
            Err(_) => silent.push(service),
        }
    }
    let title = "Parked messages";
    page(&ParkedPage { title, section: "parked", done: note.done, messages, silent })
}

pub(super) async fn decide(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path((service, id, decision)): Path<(String, i64, String)>,
    Form(form): Form<Reason>,
) -> Result<Response, Error> {
    let path = format!("/api/{service}/v1/parked/{id}/{decision}");
    api.post(&path, &caller, None, None, &json!({ "reason": form.reason })).await?;
    let what = if decision == "skip" { "given up" } else { "tried again" };
    Ok(done("/admin/parked", &format!("message {id} of {service} is {what}")))
}
