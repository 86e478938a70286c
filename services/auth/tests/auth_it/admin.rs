//! Accounts made at the command line.

use auth::{create_account, create_shopper, create_staff};
use serde_json::json;
use sqlx::PgPool;
use web::Role;

use crate::support::{EMAIL, PASSWORD, TestAuth};

#[sqlx::test]
async fn staff_is_made_once_and_signs_in(db: PgPool) {
    let auth = TestAuth::start(db.clone()).await;
    let first = create_staff(&db, "Boss@example.org", PASSWORD, "Boss").await.unwrap();
    let said = auth.service.published_names().await;
    let second =
        create_staff(&db, "boss@example.org", "another one entirely", "Boss").await.unwrap();

    assert_eq!(first, second);
    let expected = ["AccountRegistered", "AccountEmailConfirmed", "RoleGranted", "RoleGranted"];
    assert_eq!(said, expected);
    assert_eq!(auth.service.published_names().await, said);
    let boss = auth.sign_in("boss@example.org").await;
    assert_eq!(boss.account["roles"], json!(["shopper", "seller", "staff"]));
    assert_eq!(boss.account["email_confirmed"], true);
}

#[sqlx::test]
async fn a_known_account_gets_the_roles_that_it_lacks(db: PgPool) {
    let auth = TestAuth::start(db.clone()).await;
    auth.sign_up(EMAIL).await;

    create_staff(&db, EMAIL, "another one entirely", "Somebody").await.unwrap();

    let ada = auth.sign_in(EMAIL).await;
    assert_eq!(ada.account["roles"], json!(["shopper", "seller", "staff"]));
    assert_eq!(ada.account["name"], "Ada");
    assert_eq!(ada.account["email_confirmed"], false);
    let versions: Vec<i64> = auth
        .service
        .published()
        .await
        .iter()
        .filter(|event| event.topic == "auth.account.v1")
        .map(|event| event.version)
        .collect();
    assert_eq!(versions, [1, 2, 3]);
}

#[sqlx::test]
async fn a_demo_shopper_is_a_shopper(db: PgPool) {
    let auth = TestAuth::start(db.clone()).await;

    create_shopper(&db, EMAIL, PASSWORD, "Ada").await.unwrap();
    create_account(&db, "bob@example.org", PASSWORD, "Bob", &[Role::Shopper]).await.unwrap();

    assert_eq!(auth.sign_in(EMAIL).await.account["roles"], json!(["shopper", "seller"]));
    assert_eq!(auth.sign_in("bob@example.org").await.account["roles"], json!(["shopper"]));
    assert!(create_account(&db, "x@example.org", "password", "X", &[]).await.is_err());
    assert!(create_account(&db, "not an address", PASSWORD, "X", &[]).await.is_err());
}
