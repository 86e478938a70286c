//! Input that is wrong in every way we could think of: refused, named, and without any effect.

use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{Buyer, ORDERS, Shop, order, quote};

async fn send(shop: &Shop, buyer: &Buyer, kind: &str, body: Vec<u8>) -> Answer {
    let bearer = format!("Bearer {}", buyer.token);
    let headers =
        [("authorization", bearer.as_str()), ("idempotency-key", "k1"), ("content-type", kind)];
    shop.service.send(Method::POST, ORDERS, &headers, body).await
}

#[sqlx::test(migrations = "./migrations")]
async fn every_wrong_field_is_named(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let long = "x".repeat(201);
    let body = json!({
        "quote": "", "payment_id": "ord_1", "email": "ada",
        "address": { "name": "", "line1": long, "line2": "a\nb", "postal_code": " ",
                     "city": "\u{0}", "country": "de" },
    });

    let answer = shop.submit(&ada, "k1", &body).await;

    assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid_fields"));
    assert_eq!(
        answer.wrong_fields(),
        [
            "quote",
            "payment_id",
            "email",
            "address.name",
            "address.line1",
            "address.line2",
            "address.postal_code",
            "address.city",
            "address.country",
        ]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn bodies_that_cannot_be_read_are_refused_without_effect(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let good = order(&shop.sign(&quote(&ada.principal))).to_string();
    let with = |field: &str| good.replacen('{', &format!("{{{field},"), 1).into_bytes();
    let json = "application/json";
    let oversized = format!("{{\"quote\":\"{}\"}}", "x".repeat(300 * 1024)).into_bytes();
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        (json, b"{".to_vec(), 400),
        (json, b"{\"quote\":\"\xff\xfe\"}".to_vec(), 400),
        (json, [good.as_bytes(), b" x"].concat(), 400),
        (json, with("\"total\":1"), 422),
        (json, with("\"email\":\"a@b.de\""), 422),
        (json, b"[]".to_vec(), 422),
        (json, b"null".to_vec(), 422),
        (json, oversized, 413),
        ("text/plain", good.clone().into_bytes(), 415),
    ];

    for (kind, body, status) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(send(&shop, &ada, kind, body).await.status.as_u16(), status, "{shown}");
    }
    assert_eq!(shop.said("OrderPlaced").await, 0);
    assert_eq!(
        send(&shop, &ada, json, good.into_bytes()).await.status,
        201,
        "the key is still free"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_number_where_a_text_belongs_names_its_field(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let mut body = order("q");
    body["address"]["city"] = json!(-1);

    assert_eq!(shop.submit(&ada, "k1", &body).await.wrong_fields(), ["address.city"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn nobody_places_an_order_without_an_account_or_a_basket(db: PgPool) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;
    let body = order(&shop.sign(&quote(&guest.principal)));
    let nobody = Buyer { basket_token: None, ..guest.clone() };
    let thief = Buyer { basket_token: Some(format!("{}.guess", guest.principal)), ..guest };

    let anonymous = shop.submit(&nobody, "k1", &body).await;
    let guessed = shop.submit(&thief, "k1", &body).await;

    assert_eq!((anonymous.status.as_u16(), anonymous.code()), (401, "not_signed_in"));
    assert_eq!((guessed.status.as_u16(), guessed.code()), (404, "no_such_basket"));
    assert_eq!(shop.said("OrderPlaced").await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_idempotency_key_that_is_no_key_is_refused(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let body = order(&shop.sign(&quote(&ada.principal)));

    for key in ["", "a b", &"x".repeat(256)] {
        assert_eq!(shop.submit(&ada, key, &body).await.code(), "idempotency_key_required");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_wrong_cancellation_is_refused(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    let cancel = async |body: Value| {
        shop.service.post(&placed.path("/cancel"), &ada.token, &[], &body).await.status.as_u16()
    };

    assert_eq!(cancel(json!({ "reason": "x".repeat(201) })).await, 422);
    assert_eq!(cancel(json!({ "by": "staff" })).await, 422);
    assert_eq!(shop.status(&placed).await, "placed");
}
