//! Where one is signed in, and signing out.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{EMAIL, TestAuth};

#[sqlx::test]
async fn signing_out_ends_the_session_and_no_other(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let elsewhere = auth.sign_in(EMAIL).await;

    let body = json!({ "refresh_token": ada.refresh });
    let out = auth.post("/sessions/end", "", &body).await;
    let again = auth.post("/sessions/end", "", &body).await;

    assert_eq!((out.status.as_u16(), again.status.as_u16()), (204, 204));
    assert_eq!(auth.refresh(&ada.refresh).await.code(), "session_ended");
    assert_eq!(auth.get("/me", &ada.access).await.code(), "session_ended");
    assert_eq!(auth.get("/me", &elsewhere.access).await.status, 200);
}

#[sqlx::test]
async fn an_access_token_alone_signs_out_too(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;

    let out = auth.post("/sessions/end", &ada.access, &json!({})).await;

    assert_eq!(out.status, 204);
    assert_eq!(auth.refresh(&ada.refresh).await.code(), "session_ended");
}

#[sqlx::test]
async fn an_invented_token_signs_nobody_out(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let mut invented = ada.refresh.clone();
    invented.replace_range(60..64, "AAAA");

    let out = auth.post("/sessions/end", "", &json!({ "refresh_token": invented })).await;

    assert_eq!(out.status, 204);
    assert_eq!(auth.refresh(&ada.refresh).await.status, 200);
}

#[sqlx::test]
async fn the_owner_sees_and_ends_sessions(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let phone = auth.sign_in(EMAIL).await;

    let listed = auth.get("/sessions", &ada.access).await;
    let ended =
        auth.post(&format!("/sessions/{}/end", phone.session), &ada.access, &json!({})).await;

    let listed = listed.json.as_array().unwrap();
    let currents: Vec<_> = listed.iter().map(|one| (&one["id"], &one["current"])).collect();
    assert_eq!(currents.len(), 2);
    assert!(currents.contains(&(&json!(ada.session), &json!(true))));
    assert!(currents.contains(&(&json!(phone.session), &json!(false))));
    assert_eq!(ended.status, 204);
    assert_eq!(auth.refresh(&phone.refresh).await.code(), "session_ended");
    assert_eq!(auth.get("/sessions", &ada.access).await.json.as_array().unwrap().len(), 1);
}

#[sqlx::test]
async fn nobody_ends_the_sessions_of_others(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    auth.sign_up("eve@example.org").await;
    let eve = auth.sign_in("eve@example.org").await;

    let answer =
        auth.post(&format!("/sessions/{}/end", ada.session), &eve.access, &json!({})).await;

    assert_eq!((answer.status.as_u16(), answer.code()), (404, "no_such_session"));
    assert_eq!(auth.refresh(&ada.refresh).await.status, 200);
}

#[sqlx::test]
async fn who_is_not_signed_in_sees_nothing(db: PgPool) {
    let auth = TestAuth::start(db).await;

    for path in ["/me", "/sessions"] {
        assert_eq!(auth.get(path, "").await.code(), "not_signed_in", "{path}");
    }
    let session = kernel::SessionId::new();
    for path in
        ["/me/change_password", "/me/resend_confirmation", &format!("/sessions/{session}/end")]
    {
        assert_eq!(auth.post(path, "", &json!({})).await.code(), "not_signed_in", "{path}");
    }
    assert_eq!(auth.post("/sessions/refresh", "", &json!({})).await.code(), "not_signed_in");
}
