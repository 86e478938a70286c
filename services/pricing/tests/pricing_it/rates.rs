//! What sending costs, as shipping told it.

use contracts::common::Money;
use contracts::shipping::ShippingRateSet;
use sqlx::PgPool;
use testkit::{Corpus, any_order_leads_to_the_same_rows};

#[sqlx::test(migrations = "./migrations")]
async fn every_order_of_arrival_gives_the_same_rows(db: PgPool) {
    let shop = crate::support::empty_shop(db.clone()).await;
    let mut corpus = Corpus::new();
    for (country, minor) in [("DE", 490), ("*", 990), ("DE", 390), ("CH", 1_290), ("*", 890)] {
        for method in ["standard", "express"] {
            corpus = corpus.say(&ShippingRateSet {
                method: method.to_owned(),
                country: country.to_owned(),
                name: format!("{method} {minor}"),
                price: Some(Money { minor, currency: "EUR".to_owned() }),
                free_from: None,
            });
        }
    }

    any_order_leads_to_the_same_rows(&db, shop.handlers(), &corpus, &[], async |_| ()).await;
}
