//! Requests that cannot be: each is refused with the fields that are wrong, and nothing happens.

use http::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{EMAIL, PASSWORD, TestAuth};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATHS: [&str; 5] = [
    "/api/auth/v1/accounts",
    "/api/auth/v1/sessions",
    "/api/auth/v1/email-confirmations",
    "/api/auth/v1/password-resets",
    "/api/auth/v1/password-resets/confirm",
];

#[sqlx::test]
async fn every_wrong_field_of_a_sign_up_is_named(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let body = json!({ "email": "not an address", "password": "short", "name": " \n" });

    let answer = auth.post("/accounts", "", &body).await;

    assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid_fields"));
    let mut fields = answer.wrong_fields();
    fields.sort_unstable();
    assert_eq!(fields, ["email", "name", "password"]);
    assert!(auth.service.published().await.is_empty());
}

#[sqlx::test]
async fn weak_passwords_are_refused_and_long_ones_are_not_cut(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let sign_up = |password: String| json!({ "email": EMAIL, "password": password, "name": "Ada" });
    let long = "Ä".repeat(128);

    for weak in ["1234567", "password", "Qwerty123", EMAIL, &"x".repeat(129)] {
        let answer = auth.post("/accounts", "", &sign_up(weak.to_owned())).await;
        assert_eq!(answer.wrong_fields(), ["password"], "{weak}");
    }
    let accepted = auth.post("/accounts", "", &sign_up(long.clone())).await;

    assert_eq!(accepted.status, 202);
    assert_eq!(auth.sign_in_with(EMAIL, &"Ä".repeat(127)).await.status, 401);
    assert_eq!(auth.sign_in_with(EMAIL, &long).await.status, 200);
}

#[sqlx::test]
async fn what_is_not_json_is_refused_everywhere(db: PgPool) {
    let auth = TestAuth::start(db).await;

    for path in PATHS {
        for body in [&b"{"[..], b"", b"\xff\xfe", b"{\"\xff\":1}", b"{} {}"] {
            let answer = auth.service.send(Method::POST, path, &[JSON], body.to_vec()).await;
            assert_eq!(
                answer.code(),
                if body == b"{} {}" { "invalid_fields" } else { "malformed_body" },
                "{path}"
            );
        }
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = auth.service.send(Method::POST, path, &form, "email=a").await;
        assert_eq!((answer.status.as_u16(), answer.code()), (415, "unsupported_media_type"));
        let large = format!("{{\"email\":\"{}\"}}", "a".repeat(300_000));
        let answer = auth.service.send(Method::POST, path, &[JSON], large).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (413, "body_too_large"));
        let answer = auth.service.send(Method::DELETE, path, &[], "").await;
        assert_eq!(answer.code(), "method_not_allowed");
    }
    assert!(auth.service.published().await.is_empty());
}

#[sqlx::test]
async fn unknown_duplicate_and_mistyped_fields_are_named(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let sign_in = |body: String| async {
        let path = "/api/auth/v1/sessions";
        auth.service.send(Method::POST, path, &[JSON], body).await
    };

    let unknown =
        sign_in(format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}","admin":true}}"#)).await;
    let twice = sign_in(format!(r#"{{"email":"{EMAIL}","email":"b@c.de","password":"x"}}"#)).await;
    let typed = sign_in(format!(r#"{{"email":"{EMAIL}","password":12345678}}"#)).await;
    let missing = sign_in(format!(r#"{{"email":"{EMAIL}"}}"#)).await;

    for answer in [&unknown, &twice, &typed, &missing] {
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid_fields"));
    }
    assert_eq!(unknown.wrong_fields(), ["admin"]);
    assert_eq!(typed.wrong_fields(), ["password"]);
    assert!(missing.text.contains("password"));
}

#[sqlx::test]
async fn a_text_that_cannot_be_a_token_is_no_token(db: PgPool) {
    let auth = TestAuth::start(db).await;

    for wrong in ["", "x", "' or 1=1 --", &"A".repeat(43), &"A".repeat(10_000)] {
        let answer = auth.post("/email-confirmations", "", &json!({ "token": wrong })).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "token_not_valid"));
    }
}

#[sqlx::test]
async fn a_body_of_the_wrong_kind_refreshes_nothing(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let path = "/api/auth/v1/sessions/refresh";

    let nothing = auth.service.send(Method::POST, path, &[], "").await;
    let broken = auth.service.send(Method::POST, path, &[JSON], "{").await;
    let unknown = auth.service.send(Method::POST, path, &[JSON], r#"{"token":"x"}"#).await;

    assert_eq!(nothing.code(), "not_signed_in");
    assert_eq!(broken.code(), "malformed_body");
    assert_eq!(unknown.wrong_fields(), ["token"]);
}
