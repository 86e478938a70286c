//! Nobody learns from an answer whether an address has an account.

use serde_json::json;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{EMAIL, PASSWORD, TestAuth};

/// All that a caller sees, but for what differs between any two requests.
fn seen(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut json = answer.json.clone();
    if let Some(object) = json.as_object_mut() {
        object.remove("correlation_id");
    }
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), json.to_string(), headers)
}

#[sqlx::test]
async fn an_unknown_account_looks_and_costs_like_a_wrong_password(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;

    let before = auth.passwords.checked();
    let unknown = auth.sign_in_with("nobody@example.org", PASSWORD).await;
    let unknown_cost = auth.passwords.checked() - before;
    let wrong = auth.sign_in_with(EMAIL, "not the password").await;
    let wrong_cost = auth.passwords.checked() - before - unknown_cost;

    assert_eq!(seen(&unknown), seen(&wrong));
    assert_eq!((unknown.status.as_u16(), unknown.code()), (401, "wrong_credentials"));
    assert_eq!((unknown_cost, wrong_cost), (1, 1));
}

#[sqlx::test]
async fn signing_up_with_a_known_address_looks_like_any_sign_up(db: PgPool) {
    let auth = TestAuth::start(db).await;

    let new = auth.sign_up(EMAIL).await;
    let body =
        json!({ "email": "ADA@example.org", "password": "mallory's own", "name": "Mallory" });
    let known = auth.post("/accounts", "", &body).await;

    assert_eq!(seen(&new), seen(&known));
    assert_eq!(new.status, 202);
    assert_eq!(auth.sign_in_with(EMAIL, "mallory's own").await.code(), "wrong_credentials");
    assert_eq!(auth.sign_in(EMAIL).await.account["name"], "Ada");
    assert_eq!(auth.count("AccountRegistered").await, 1);
    assert_eq!(auth.count("PasswordResetRequested").await, 1);
}

#[sqlx::test]
async fn a_forgotten_password_looks_the_same_for_everyone(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;

    let known = auth.post("/password-resets", "", &json!({ "email": EMAIL })).await;
    let unknown = auth.post("/password-resets", "", &json!({ "email": "no@example.org" })).await;

    assert_eq!(seen(&known), seen(&unknown));
    assert_eq!(known.status, 202);
    assert_eq!(auth.count("PasswordResetRequested").await, 1);
}

#[sqlx::test]
async fn simultaneous_sign_ups_with_one_address_make_one_account(db: PgPool) {
    let auth = TestAuth::start(db).await;

    let answers = tokio::join!(auth.sign_up(EMAIL), auth.sign_up(EMAIL), auth.sign_up(EMAIL));

    assert_eq!([answers.0.status, answers.1.status, answers.2.status], [202; 3]);
    assert_eq!(auth.count("AccountRegistered").await, 1);
}
