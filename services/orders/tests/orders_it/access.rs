//! An order exists for its buyer, for staff, and for whoever has its link.

use sqlx::PgPool;
use testkit::Answer;

use crate::support::{ORDERS, Shop, quote};

#[sqlx::test(migrations = "./migrations")]
async fn an_order_is_seen_by_its_buyer_by_staff_and_with_its_link(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    let link = placed.path(&format!("?access_token={}", placed.access_token));

    let by_header = [("order-token", placed.access_token.as_str())];
    let by_header = shop.service.send(http::Method::GET, &placed.path(""), &by_header, "").await;

    for answer in [
        shop.service.get(&placed.path(""), &ada.token).await,
        shop.service.get(&placed.path(""), &shop.service.staff()).await,
        shop.service.get(&link, "").await,
        by_header,
    ] {
        assert_eq!(
            (answer.status.as_u16(), &answer.json["contact"]["city"]),
            (200, &"Berlin".into())
        );
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn to_everybody_else_there_is_no_such_order(db: PgPool) {
    let shop = Shop::open(db).await;
    let (ada, bob, guest) = (shop.account(), shop.account(), shop.guest().await);
    let of_ada = shop.place(&ada, &quote(&ada.principal)).await;
    let of_guest = shop.place(&guest, &quote(&guest.principal)).await;
    let wrong_link = of_ada.path(&format!("?access_token={}", of_guest.access_token));
    let unknown = format!("{ORDERS}/{}", kernel::OrderId::new());
    // A stream that was opened would not end.
    let events = of_ada.path("/events");
    let events = shop.service.get(&events, &bob.token);
    let events = tokio::time::timeout(std::time::Duration::from_secs(5), events).await;

    let answers: Vec<Answer> = vec![
        shop.service.get(&of_ada.path(""), "").await,
        shop.service.get(&of_ada.path(""), &bob.token).await,
        shop.service.get(&of_guest.path(""), &bob.token).await,
        shop.service.get(&wrong_link, "").await,
        shop.service.get(&wrong_link, &bob.token).await,
        events.expect("somebody else's order is not followed"),
        shop.service.post(&of_ada.path("/cancel"), &bob.token, &[], &serde_json::json!({})).await,
        shop.service.get(&unknown, &ada.token).await,
    ];

    for answer in answers {
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "no_such_order"));
    }
    let nonsense = shop.service.get(&format!("{ORDERS}/1"), &ada.token).await;
    assert_eq!((nonsense.status.as_u16(), nonsense.code()), (404, "not_found"));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_story_with_its_causes_is_for_staff(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.confirmed(&ada).await;

    let story = shop.service.get(&placed.path("/story"), &shop.service.staff()).await;
    let refused = shop.service.get(&placed.path("/story"), &ada.token).await;

    let entries = story.json.as_array().unwrap();
    assert_eq!((entries.len(), &entries[0]["type"]), (5, &"placed".into()));
    assert!(entries.iter().all(|entry| entry["correlation"].is_string()));
    assert_eq!(refused.status, 403);
    let unknown = format!("{ORDERS}/{}/story", kernel::OrderId::new());
    assert_eq!(shop.service.get(&unknown, &shop.service.staff()).await.status, 404);
}
