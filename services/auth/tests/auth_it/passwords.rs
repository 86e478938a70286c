//! Forgotten, changed and outdated passwords.

use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::support::{EMAIL, PASSWORD, TestAuth};

const NEW: &str = "mohnblume am hang";

#[sqlx::test]
async fn a_reset_sets_the_password_once_and_ends_every_session(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    auth.post("/password-resets", "", &json!({ "email": EMAIL })).await;
    let body = json!({ "token": auth.reset().await, "password": NEW });

    let set = auth.post("/password-resets/confirm", "", &body).await;
    let again = auth.post("/password-resets/confirm", "", &body).await;

    assert_eq!((set.status.as_u16(), again.code()), (204, "token_not_valid"));
    assert_eq!(auth.refresh(&ada.refresh).await.code(), "session_ended");
    assert_eq!(auth.sign_in_with(EMAIL, PASSWORD).await.code(), "wrong_credentials");
    assert_eq!(auth.sign_in_with(EMAIL, NEW).await.status, 200);
}

#[sqlx::test]
async fn the_reader_of_a_reset_mail_has_confirmed_the_address(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    auth.sign_up(EMAIL).await;
    let body = json!({ "token": auth.reset().await, "password": NEW });

    auth.post("/password-resets/confirm", "", &body).await;

    let account = auth.sign_in_with(EMAIL, NEW).await.json["account"].clone();
    assert_eq!(account["email_confirmed"], true);
    assert_eq!(auth.count("AccountWelcomed").await, 1);
}

#[sqlx::test]
async fn a_reset_works_for_an_hour_and_one_makes_the_others_void(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    let ask = json!({ "email": EMAIL });
    auth.post("/password-resets", "", &ask).await;
    let first = auth.reset().await;
    auth.post("/password-resets", "", &ask).await;
    let second = auth.reset().await;

    let used = auth
        .post("/password-resets/confirm", "", &json!({ "token": second, "password": NEW }))
        .await;
    let void = auth
        .post("/password-resets/confirm", "", &json!({ "token": first, "password": NEW }))
        .await;
    auth.clock.advance(Duration::hours(1));
    auth.post("/password-resets", "", &ask).await;
    let third = auth.reset().await;
    auth.clock.advance(Duration::hours(1));
    let late = auth
        .post("/password-resets/confirm", "", &json!({ "token": third, "password": NEW }))
        .await;

    assert_eq!(used.status, 204);
    assert_eq!((void.code(), late.code()), ("token_not_valid", "token_not_valid"));
    assert_ne!(third, second);
}

#[sqlx::test]
async fn a_weak_password_spends_no_token(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    auth.post("/password-resets", "", &json!({ "email": EMAIL })).await;
    let token = auth.reset().await;

    for weak in ["short", "password123", EMAIL] {
        let body = json!({ "token": token, "password": weak });
        let answer = auth.post("/password-resets/confirm", "", &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.wrong_fields()),
            (422, vec!["password"]),
            "{weak}"
        );
    }
    let answer = auth
        .post("/password-resets/confirm", "", &json!({ "token": token, "password": NEW }))
        .await;

    assert_eq!(answer.status, 204);
}

#[sqlx::test]
async fn changing_the_password_ends_the_other_sessions(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let elsewhere = auth.sign_in(EMAIL).await;
    let change =
        |current: &str, new: &str| json!({ "current_password": current, "new_password": new });

    let wrong = auth.post("/me/change_password", &ada.access, &change("not it at all", NEW)).await;
    let weak = auth.post("/me/change_password", &ada.access, &change(PASSWORD, EMAIL)).await;
    let changed = auth.post("/me/change_password", &ada.access, &change(PASSWORD, NEW)).await;

    assert_eq!((wrong.code(), weak.wrong_fields()), ("wrong_credentials", vec!["new_password"]));
    assert_eq!(changed.status, 204);
    assert_eq!(auth.refresh(&ada.refresh).await.status, 200);
    assert_eq!(auth.refresh(&elsewhere.refresh).await.code(), "session_ended");
    assert_eq!(auth.sign_in_with(EMAIL, NEW).await.status, 200);
}

#[sqlx::test]
async fn an_outdated_hash_is_renewed_when_its_owner_signs_in(db: PgPool) {
    use argon2::password_hash::PasswordHasher as _;
    let auth = TestAuth::start(db.clone()).await;
    auth.sign_up(EMAIL).await;
    let params = argon2::Params::new(8 * 1024, 1, 1, None).unwrap();
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let old = cheap.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    sqlx::query("update accounts set password_hash = $1").bind(&old).execute(&db).await.unwrap();

    let wrong = auth.sign_in_with(EMAIL, "not the password").await;
    let kept: String =
        sqlx::query_scalar("select password_hash from accounts").fetch_one(&db).await.unwrap();
    auth.sign_in(EMAIL).await;

    let renewed: String =
        sqlx::query_scalar("select password_hash from accounts").fetch_one(&db).await.unwrap();
    assert_eq!((wrong.status.as_u16(), kept), (401, old));
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    auth.sign_in(EMAIL).await;
}

#[sqlx::test]
async fn a_password_that_is_replaced_while_it_is_checked_begins_no_session(db: PgPool) {
    let auth = TestAuth::start(db.clone()).await;
    auth.sign_up(EMAIL).await;
    let other = auth.passwords.checked();
    let mut tx = db.begin().await.unwrap();
    sqlx::query("select from accounts for update").execute(&mut *tx).await.unwrap();

    let replace = async {
        testkit::eventually(|| async { (auth.passwords.checked() > other).then_some(()) }).await;
        sqlx::query("update accounts set password_hash = password_hash || 'x'")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    let (late, ()) = tokio::join!(auth.sign_in_with(EMAIL, PASSWORD), replace);

    assert_eq!(late.code(), "wrong_credentials");
    let sessions: i64 =
        sqlx::query_scalar("select count(*) from sessions").fetch_one(&db).await.unwrap();
    assert_eq!(sessions, 0);
}
