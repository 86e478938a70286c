//! Who may grant what.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{EMAIL, TestAuth};

#[sqlx::test]
async fn staff_grants_a_role_once_and_the_next_token_has_it(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let boss = auth.staff().await;
    let path = format!("/accounts/{}/grant_role", ada.account["id"].as_str().unwrap());
    let before = auth.count("RoleGranted").await;

    let granted = auth.post(&path, &boss.access, &json!({ "role": "staff" })).await;
    let again = auth.post(&path, &boss.access, &json!({ "role": "staff" })).await;

    assert_eq!((granted.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_eq!(granted.json["roles"], json!(["shopper", "staff"]));
    assert_eq!(auth.count("RoleGranted").await, before + 1);
    let refreshed = auth.refresh(&ada.refresh).await;
    let token = refreshed.json["access_token"].as_str().unwrap();
    assert_eq!(auth.post(&path, token, &json!({ "role": "seller" })).await.status, 200);
}

#[sqlx::test]
async fn nobody_else_grants_anything(db: PgPool) {
    let auth = TestAuth::start(db.clone()).await;
    let ada = auth.newcomer().await;
    let path = format!("/accounts/{}/grant_role", ada.account["id"].as_str().unwrap());
    let body = json!({ "role": "staff" });

    assert_eq!(auth.post(&path, "", &body).await.code(), "not_signed_in");
    assert_eq!(auth.post(&path, &ada.access, &body).await.code(), "missing_role");

    let boss = auth.staff().await;
    sqlx::query("delete from account_roles where role = 'staff'").execute(&db).await.unwrap();
    assert_eq!(auth.post(&path, &boss.access, &body).await.code(), "missing_role");
    let me = auth.sign_in(EMAIL).await;
    assert_eq!(me.account["roles"], json!(["shopper"]));
}

#[sqlx::test]
async fn an_unknown_account_or_role_is_named(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let boss = auth.staff().await;
    let nobody = kernel::AccountId::new();

    let path = format!("/accounts/{nobody}/grant_role");
    let unknown = auth.post(&path, &boss.access, &json!({ "role": "seller" })).await;
    let role = auth.post(&path, &boss.access, &json!({ "role": "emperor" })).await;
    let no_id =
        auth.post("/accounts/7/grant_role", &boss.access, &json!({ "role": "seller" })).await;

    assert_eq!((unknown.status.as_u16(), unknown.code()), (404, "no_such_account"));
    assert_eq!(role.wrong_fields(), ["role"]);
    assert_eq!(no_id.status, 404);
}
