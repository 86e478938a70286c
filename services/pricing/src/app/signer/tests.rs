//! Replicas agree on keys, and a change of keys leaves no gap.

use contracts::pricing::QuoteKeyPublished;
use sqlx::PgPool;
use web::{PublicKey, Verifier};

use super::*;

const DAY: i64 = 86_400;

async fn signer(db: &PgPool) -> Signer {
    let mut conn = db.acquire().await.unwrap();
    runtime::migrate_shared(&mut conn).await.unwrap();
    Signer::new(db.clone())
}

fn quote(now: i64) -> Quote {
    Quote {
        jti: kernel::QuoteId::new(),
        iss: "pricing".to_owned(),
        aud: "orders".to_owned(),
        sub: "bsk_1".to_owned(),
        iat: now,
        exp: now + 900,
        currency: kernel::Currency::EUR,
        country: "DE".to_owned(),
        postal_code: "10115".to_owned(),
        shipping_method: "standard".to_owned(),
        coupon: None,
        lines: Vec::new(),
        goods_minor: 0,
        discount_minor: 0,
        shipping_minor: 0,
        tax_minor: 0,
        total_minor: 0,
    }
}

/// What orders knows once it has heard everything that was published.
async fn listener(db: &PgPool) -> (Verifier, Vec<QuoteKeyPublished>) {
    let verifier = Verifier::default();
    let said = testkit::published(db).await;
    let keys: Vec<QuoteKeyPublished> = said.iter().map(testkit::Published::read).collect();
    for key in keys.clone() {
        let (id, bytes) = (key.key_id, key.public_key);
        verifier.learn(&PublicKey { id, bytes, not_after: key.not_after }).unwrap();
    }
    (verifier, keys)
}

#[sqlx::test]
async fn replicas_that_start_at_once_agree_on_one_key(db: PgPool) {
    let first = signer(&db).await;
    let second = Signer::new(db.clone());
    let now = kernel::unix_seconds();

    let keys = tokio::join!(first.load(now), second.load(now));

    assert_eq!(keys.0.unwrap().key.id(), keys.1.unwrap().key.id());
    assert_eq!(listener(&db).await.1.len(), 1);
}

#[sqlx::test]
async fn a_quote_is_verified_with_the_key_that_was_published(db: PgPool) {
    let signer = signer(&db).await;
    let quote = quote(kernel::unix_seconds());

    let token = signer.sign(&quote).await.unwrap();

    let verifier = listener(&db).await.0;
    let read: Quote = verifier.verify("quote+jwt", "pricing", "orders", &token).unwrap();
    assert_eq!(read, quote);
}

#[sqlx::test]
async fn the_next_key_is_published_before_it_signs_and_the_old_one_outlives_its_quotes(db: PgPool) {
    let signer = signer(&db).await;
    let start = kernel::unix_seconds();
    let first = signer.load(start).await.unwrap();

    let still = signer.load(start + 29 * DAY).await.unwrap();
    assert_eq!(still.key.id(), first.key.id());
    let keys = listener(&db).await.1;
    assert_eq!((keys.len(), keys[0].not_after), (2, start + 30 * DAY + 3_600));

    signer.sign(&quote(start + 30 * DAY)).await.unwrap();
    let next = signer.at_work(start + 30 * DAY).unwrap();
    assert_eq!(next.key.id(), keys[1].key_id);
    assert_eq!(listener(&db).await.1.len(), 2);
}
