//! Keys are the same in whatever order they arrive.

use contracts::auth::SigningKeyPublished;
use contracts::pricing::QuoteKeyPublished;
use sqlx::PgPool;
use testkit::{Corpus, any_order_leads_to_the_same_rows};
use web::{SigningKey, Verifier};

use crate::support::Shop;

#[sqlx::test(migrations = "./migrations")]
async fn every_order_of_arrival_gives_the_same_rows(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let handlers = shop.service.handlers().clone();
    let handlers = handlers.project(runtime::keys::OnSigningKey(Verifier::default()));
    let mut corpus = Corpus::new();
    for _ in 0..3 {
        let (ours, theirs) = (SigningKey::generate(), SigningKey::generate());
        for until in [2_000_000_000, 2_000_000_500, 2_000_000_100] {
            let (key, auth) = (ours.public(until), theirs.public(until));
            corpus = corpus
                .say(&QuoteKeyPublished {
                    key_id: key.id,
                    public_key: key.bytes,
                    not_after: key.not_after,
                })
                .say(&SigningKeyPublished {
                    key_id: auth.id,
                    public_key: auth.bytes,
                    not_after: auth.not_after,
                });
        }
    }

    any_order_leads_to_the_same_rows(&db, &handlers, &corpus, &[], async |_| ()).await;
}
