//! Only a quote that pricing signed for this buyer, not long ago, makes an order.

use serde_json::json;
use sqlx::PgPool;
use testkit::Answer;
use web::SigningKey;

use crate::support::{Buyer, Shop, order, quote};

async fn submit(shop: &Shop, buyer: &Buyer, quote: &str) -> Answer {
    let answer = shop.submit(buyer, &kernel::QuoteId::new().to_string(), &order(quote)).await;
    assert_eq!(shop.said("OrderPlaced").await, 0);
    answer
}

#[sqlx::test(migrations = "./migrations")]
async fn a_quote_that_was_changed_or_signed_by_another_is_refused(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let quote = quote(&ada.principal);
    let signed = shop.sign(&quote);
    let (front, signature) = signed.rsplit_once('.').unwrap();
    let cheaper = contracts::quote::Quote { total_minor: 1, ..quote.clone() };
    let cheaper = shop.sign(&cheaper);
    let forged = format!("{}.{signature}", cheaper.rsplit_once('.').unwrap().0);
    let other_aud = contracts::quote::Quote { aud: "payments".into(), ..quote.clone() };
    let other_iss = contracts::quote::Quote { iss: "auth".into(), ..quote.clone() };
    let wrong = [
        forged,
        format!("{front}."),
        "no quote".to_owned(),
        SigningKey::generate().sign("quote+jwt", &quote).unwrap(),
        shop.pricing.sign("at+jwt", &quote).unwrap(),
        shop.sign(&other_aud),
        shop.sign(&other_iss),
    ];

    for token in wrong {
        let answer = submit(&shop, &ada, &token).await;

        assert_eq!((answer.status.as_u16(), answer.code()), (422, "quote_invalid"), "{token}");
        assert_eq!(answer.wrong_fields(), ["quote"]);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_signed_quote_whose_amounts_do_not_add_up_is_not_charged(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let wrong = contracts::quote::Quote { total_minor: 1, ..quote(&ada.principal) };
    let huge = contracts::quote::Quote { tax_minor: i64::MAX, ..quote(&ada.principal) };

    for quote in [wrong, huge] {
        let answer = submit(&shop, &ada, &shop.sign(&quote)).await;

        assert_eq!((answer.status.as_u16(), answer.code()), (422, "quote_invalid"));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn an_expired_quote_is_refused(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let past = kernel::unix_seconds();

    for seconds_ago in [1, 60] {
        let old = contracts::quote::Quote { exp: past - seconds_ago, ..quote(&ada.principal) };
        let answer = submit(&shop, &ada, &shop.sign(&old)).await;

        assert_eq!((answer.status.as_u16(), answer.code()), (422, "quote_expired"));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_repeated_submit_is_answered_even_when_the_quote_has_expired(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let soon = contracts::quote::Quote { exp: kernel::unix_seconds() + 1, ..quote(&ada.principal) };
    let body = order(&shop.sign(&soon));
    let first = shop.submit(&ada, "k1", &body).await;

    let again = testkit::eventually(async || {
        let other = shop.submit(&ada, "k2", &body).await;
        (other.code() == "quote_expired").then_some(())
    });
    again.await;

    let again = shop.submit(&ada, "k1", &body).await;
    assert_eq!((again.status, again.text), (first.status, first.text));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_quote_of_somebody_else_is_refused(db: PgPool) {
    let shop = Shop::open(db).await;
    let (ada, bob, guest) = (shop.account(), shop.account(), shop.guest().await);

    for (buyer, owner) in [(&bob, &ada), (&guest, &ada), (&ada, &guest)] {
        let answer = submit(&shop, buyer, &shop.sign(&quote(&owner.principal))).await;

        assert_eq!((answer.status.as_u16(), answer.code()), (403, "quote_of_another"));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn another_destination_than_the_quoted_one_is_named(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let mut body = order(&shop.sign(&quote(&ada.principal)));
    body["address"]["country"] = json!("AT");
    body["address"]["postal_code"] = json!("1010");

    let answer = shop.submit(&ada, "k1", &body).await;

    assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid_fields"));
    assert_eq!(answer.wrong_fields(), ["address.country", "address.postal_code"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_key_that_another_replica_heard_of_is_looked_up(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let ada = shop.account();
    let new = SigningKey::generate();
    let public = new.public(kernel::unix_seconds() + 3_600);
    let mut conn = db.acquire().await.unwrap();
    runtime::keys::remember(&mut conn, "quote", &public).await.unwrap();
    let signed = new.sign("quote+jwt", &quote(&ada.principal)).unwrap();

    let answer = shop.submit(&ada, "k1", &order(&signed)).await;

    assert_eq!(answer.status, 201, "{}", answer.text);
}
