//! Signing up and confirming an address.

use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::support::{EMAIL, PASSWORD, TestAuth};

#[sqlx::test]
async fn a_new_account_can_sign_in_at_once_and_is_shown_as_unconfirmed(db: PgPool) {
    let auth = TestAuth::start(db).await;

    let ada = auth.newcomer().await;

    let me = auth.get("/me", &ada.access).await;
    assert_eq!(me.status, 200);
    assert_eq!(me.json["email"], EMAIL);
    assert_eq!(me.json["email_confirmed"], false);
    assert_eq!(me.json["roles"], json!(["shopper"]));
    let said = auth.service.published_names().await;
    assert_eq!(said, ["AccountRegistered", "EmailConfirmationRequested", "SigningKeyPublished"]);
}

#[sqlx::test]
async fn confirming_the_address_makes_a_seller_and_is_told_once(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let token = auth.confirmation().await;

    let confirmed = auth.post("/email-confirmations", "", &json!({ "token": token })).await;
    let again = auth.post("/email-confirmations", "", &json!({ "token": token })).await;

    assert_eq!((confirmed.status.as_u16(), again.status.as_u16()), (204, 422));
    assert_eq!(again.code(), "token_not_valid");
    let refreshed = auth.refresh(&ada.refresh).await;
    assert_eq!(refreshed.json["account"]["email_confirmed"], true);
    assert_eq!(refreshed.json["account"]["roles"], json!(["shopper", "seller"]));
    let said = auth.service.published().await;
    let about: Vec<_> = said.iter().filter(|event| event.topic == "auth.account.v1").collect();
    let names: Vec<_> = about.iter().map(|event| (event.name(), event.version)).collect();
    assert_eq!(names, [("AccountRegistered", 1), ("AccountEmailConfirmed", 2), ("RoleGranted", 3)]);
    assert_eq!(auth.count("AccountWelcomed").await, 1);
}

#[sqlx::test]
async fn two_clicks_at_once_confirm_once(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    let body = json!({ "token": auth.confirmation().await });

    let (one, two) = tokio::join!(
        auth.post("/email-confirmations", "", &body),
        auth.post("/email-confirmations", "", &body),
    );

    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422]);
    assert_eq!(auth.count("AccountWelcomed").await, 1);
}

#[sqlx::test]
async fn a_confirmation_works_for_a_day(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    let token = auth.confirmation().await;

    auth.clock.advance(Duration::hours(24));
    let late = auth.post("/email-confirmations", "", &json!({ "token": token })).await;

    assert_eq!(late.code(), "token_not_valid");
}

#[sqlx::test]
async fn another_mail_can_be_asked_for_until_the_address_is_confirmed(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;

    let again = auth.post("/me/resend_confirmation", &ada.access, &json!({})).await;

    assert_eq!(again.status, 202);
    assert_eq!(auth.count("EmailConfirmationRequested").await, 2);
    let token = auth.confirmation().await;
    auth.post("/email-confirmations", "", &json!({ "token": token })).await;
    auth.post("/me/resend_confirmation", &ada.access, &json!({})).await;
    assert_eq!(auth.count("EmailConfirmationRequested").await, 2);
}

#[sqlx::test]
async fn a_reset_token_confirms_no_address_and_the_other_way_round(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    auth.post("/password-resets", "", &json!({ "email": EMAIL })).await;
    let (confirm, reset) = (auth.confirmation().await, auth.reset().await);

    let crossed = auth.post("/email-confirmations", "", &json!({ "token": reset })).await;
    let body = json!({ "token": confirm, "password": "another password" });
    let crossed_too = auth.post("/password-resets/confirm", "", &body).await;

    assert_eq!((crossed.code(), crossed_too.code()), ("token_not_valid", "token_not_valid"));
}

#[sqlx::test]
async fn names_and_addresses_travel_on_the_passing_topic_only(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    let token = auth.confirmation().await;
    auth.post("/email-confirmations", "", &json!({ "token": token })).await;
    auth.post("/password-resets", "", &json!({ "email": EMAIL })).await;

    for event in auth.service.published().await {
        let payload = String::from_utf8_lossy(&event.payload).into_owned();
        let personal = payload.contains(EMAIL) || payload.contains("Ada");
        assert_eq!(personal, event.topic == "auth.contact.v1", "{}", event.event_type);
    }
}

#[sqlx::test]
async fn what_is_kept_of_passwords_and_tokens_is_of_no_use(db: PgPool) {
    let auth = TestAuth::start(db.clone()).await;
    let ada = auth.newcomer().await;
    let phc: String =
        sqlx::query_scalar("select password_hash from accounts").fetch_one(&db).await.unwrap();
    let kept: Vec<String> = sqlx::query_scalar(
        "select row_to_json(s)::text from sessions s
         union all select row_to_json(m)::text from mail_tokens m
         union all select row_to_json(a)::text from accounts a",
    )
    .fetch_all(&db)
    .await
    .unwrap();

    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    assert_eq!(kept.len(), 3);
    let confirmation = auth.confirmation().await;
    for row in kept {
        for secret in [PASSWORD, &ada.refresh, &confirmation] {
            assert!(!row.contains(secret));
        }
    }
}
