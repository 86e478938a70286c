//! What the database itself refuses, whatever the code says.

use kernel::OrderId;
use sqlx::PgPool;

use crate::support::{placed, shop_with};

#[sqlx::test]
async fn the_tables_refuse_what_cannot_be(db: PgPool) {
    let shop = shop_with(db, &[("shirt", 3)]).await;
    shop.hear(&placed(OrderId::new(), &[("shirt", 2)])).await.unwrap();
    let refused = [
        ("update stock_levels set reserved = 4", "reserved_stock_is_on_hand"),
        ("update stock_levels set on_hand = 1", "reserved_stock_is_on_hand"),
        ("update stock_levels set reserved = -1", "reserved_is_not_negative"),
        ("update stock_levels set on_hand = 1000000001", "on_hand_is_plausible"),
        (
            "update reservations set state = 'lost', expires_at = null",
            "reservation_states_are_known",
        ),
        ("update reservations set state = 'held'", "only_unconfirmed_reservations_expire"),
        ("update reservation_lines set quantity = 0", "reserved_quantities_are_positive"),
        ("update stock_movements set change = 0", "movements_move_something"),
        ("update stock_movements set cause = 'stolen'", "movement_causes_are_known"),
        ("update stock_movements set cause = 'dispatched'", "dispatches_name_their_order"),
        ("update stock_movements set cause = 'adjusted'", "adjustments_name_who_and_why"),
        ("update locations set code = 'Main'", "location_codes_are_short_words"),
    ];

    for (statement, constraint) in refused {
        let error = sqlx::query(statement).execute(&shop.db).await.unwrap_err();
        let name = error.as_database_error().and_then(|error| error.constraint());
        assert_eq!(name, Some(constraint), "{statement}");
    }
}
