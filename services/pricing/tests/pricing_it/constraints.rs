//! What the database itself refuses, whatever the code says.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{coupon, quote, shop};

#[sqlx::test]
async fn the_tables_refuse_what_cannot_be(db: PgPool) {
    let shop = shop(db).await;
    coupon(&shop, json!({"code": "FIVE", "percent": 10, "use_limit": 5})).await;
    quote(&shop, json!({})).await;
    let refused = [
        ("update coupons set used = 3, reserved = 3", "uses_stay_within_the_limit"),
        ("update coupons set reserved = -1", "uses_are_not_negative"),
        ("update coupons set percent = 101", "percents_are_1_to_100"),
        ("update coupons set percent = null", "coupons_take_off_a_share_or_an_amount"),
        ("update coupons set minimum_goods_minor = 1", "amounts_have_a_currency"),
        ("update coupons set minimum_goods_minor = 0, currency = 'EUR'", "amounts_are_positive"),
        ("update coupons set code = 'five'", "coupon_codes_are_upper_case"),
        (
            "update coupons set valid_from = now(), valid_until = now() - interval '1 s'",
            "validity_has_a_length",
        ),
        ("update prices set price_minor = -1", "prices_are_not_negative"),
        ("update prices set compare_at_minor = price_minor", "compared_prices_are_higher"),
        ("update prices set currency = 'JPY'", "prices_are_in_their_lists_currency"),
        ("insert into price_lists values ('default', 'eur')", "currencies_are_iso_4217"),
        ("update shipping_rates set price_minor = -1", "rates_are_not_negative"),
        ("update tax_rates set basis_points = 10001", "tax_is_a_share"),
        ("update signing_keys set seed = 'x'", "seeds_are_ed25519"),
        ("update signing_keys set signs_until = signs_from", "keys_sign_for_a_while"),
        (
            "insert into coupon_uses (order_id, state) values (gen_random_uuid(), 'reserved')",
            "what_is_reserved_names_its_coupon",
        ),
        (
            "insert into coupon_uses (order_id, state) values (gen_random_uuid(), 'lost')",
            "use_states_are_known",
        ),
    ];

    for (statement, constraint) in refused {
        let error = sqlx::query(statement).execute(&shop.db).await.unwrap_err();
        let name = error.as_database_error().and_then(|error| error.constraint());
        assert_eq!(name, Some(constraint), "{statement}");
    }
}
