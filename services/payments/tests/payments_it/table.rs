//! What the tables refuse, whatever the code says.

use sqlx::{AssertSqlSafe, PgPool};

use crate::support::Shop;

#[sqlx::test]
async fn rows_that_cannot_be_are_refused(db: PgPool) {
    let shop = Shop::open(db).await;
    for key in ["k1", "k2"] {
        shop.prepare(key).await;
    }
    let order = "'00000000-0000-0000-0000-000000000001'";

    for (change, constraint) in [
        ("update payments set amount_minor = 0".to_owned(), "amounts_are_positive"),
        (format!("update payments set stage = 'lost', order_id = {order}"), "stages_are_known"),
        ("update payments set wish = 'keep'".to_owned(), "wishes_are_known"),
        (
            "update payments set stage = 'requested'".to_owned(),
            "only_prepared_payments_have_no_order",
        ),
        (
            format!("update payments set stage = 'requested', order_id = {order}"),
            "an_order_has_one_payment",
        ),
        (
            format!("insert into early_wishes (order_id, wish) values ({order}, 'hold')"),
            "early_wishes_are_known",
        ),
    ] {
        let refused = sqlx::query(AssertSqlSafe(change)).execute(&shop.service.db).await;
        let refused = refused.expect_err(constraint);
        let named = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(named, Some(constraint), "{refused}");
    }
}
