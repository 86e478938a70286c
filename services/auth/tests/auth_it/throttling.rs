//! Guessing is slowed down, and nobody is locked out.

use http::header::RETRY_AFTER;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::support::{EMAIL, PASSWORD, TestAuth};

fn try_with(password: &str) -> Value {
    json!({ "email": EMAIL, "password": password })
}

#[sqlx::test]
async fn many_wrong_passwords_stop_their_network_and_not_the_owner(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;

    for _ in 0..10 {
        let wrong = auth.post_from("/sessions", "198.51.100.7", &try_with("a wrong guess")).await;
        assert_eq!(wrong.code(), "wrong_credentials");
    }
    let checked = auth.passwords.checked();
    let stopped = auth.post_from("/sessions", "198.51.100.7", &try_with(PASSWORD)).await;

    assert_eq!((stopped.status.as_u16(), stopped.code()), (429, "too_many_tries"));
    let wait: i64 = stopped.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    assert_eq!(auth.passwords.checked(), checked);
    let owner = auth.post_from("/sessions", "203.0.113.9", &try_with(PASSWORD)).await;
    assert_eq!(owner.status, 200);
    auth.clock.advance(Duration::seconds(wait));
    let later = auth.post_from("/sessions", "198.51.100.7", &try_with(PASSWORD)).await;
    assert_eq!(later.status, 200);
}

#[sqlx::test]
async fn an_unknown_account_is_throttled_like_a_known_one(db: PgPool) {
    let auth = TestAuth::start(db).await;

    for _ in 0..10 {
        auth.sign_in_with(EMAIL, "a wrong guess").await;
    }

    assert_eq!(auth.sign_in_with(EMAIL, "a wrong guess").await.code(), "too_many_tries");
}

#[sqlx::test]
async fn simultaneous_guesses_are_all_counted(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;

    let mut refused = 0;
    for _ in 0..4 {
        let body = try_with("a wrong guess");
        let guess = || auth.post_from("/sessions", "198.51.100.7", &body);
        let some = tokio::join!(guess(), guess(), guess(), guess(), guess());
        let some = [some.0, some.1, some.2, some.3, some.4];
        refused += some.iter().filter(|answer| answer.code() == "too_many_tries").count();
    }

    assert_eq!(refused, 10);
    assert_eq!(auth.passwords.checked(), 10);
}

#[sqlx::test]
async fn the_right_password_uses_up_nothing(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;

    for _ in 0..15 {
        auth.sign_in(EMAIL).await;
    }
}

#[sqlx::test]
async fn while_many_networks_guess_each_has_fewer_tries_and_the_owner_still_gets_in(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    for network in 0..10 {
        for _ in 0..10 {
            let address = format!("198.51.100.{network}");
            auth.post_from("/sessions", &address, &try_with("a wrong guess")).await;
        }
    }

    let codes = {
        let body = try_with("a wrong guess");
        let guess = || auth.post_from("/sessions", "192.0.2.55", &body);
        [guess().await, guess().await, guess().await]
    };

    assert_eq!(
        codes.each_ref().map(|answer| answer.code()),
        ["wrong_credentials", "wrong_credentials", "too_many_tries"]
    );
    let owner = auth.post_from("/sessions", "203.0.113.9", &try_with(PASSWORD)).await;
    assert_eq!(owner.status, 200);
}

#[sqlx::test]
async fn one_network_cannot_ask_for_everything_at_once(db: PgPool) {
    let auth = TestAuth::start_with(db, &["--network-burst", "3"]).await;
    let ask = json!({ "email": EMAIL });

    for _ in 0..3 {
        assert_eq!(auth.post_from("/password-resets", "198.51.100.7", &ask).await.status, 202);
    }

    let stopped = auth.post_from("/password-resets", "198.51.100.7", &ask).await;
    assert_eq!(stopped.code(), "too_many_tries");
    let spoofed = auth.post_from("/password-resets", "1.2.3.4, 198.51.100.7", &ask).await;
    assert_eq!(spoofed.code(), "too_many_tries");
    assert_eq!(auth.post_from("/password-resets", "203.0.113.9", &ask).await.status, 202);
}

#[sqlx::test]
async fn an_address_gets_few_mails_however_many_are_asked_for(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up("other@example.org").await;
    auth.sign_up(EMAIL).await;

    for _ in 0..6 {
        let answer = auth.post("/password-resets", "", &json!({ "email": EMAIL })).await;
        assert_eq!(answer.status, 202);
    }

    assert_eq!(auth.sign_up(EMAIL).await.status, 202);
    assert_eq!(auth.count("PasswordResetRequested").await, 2);
    auth.clock.advance(Duration::minutes(20));
    auth.sign_up(EMAIL).await;
    assert_eq!(auth.count("PasswordResetRequested").await, 3);
}
