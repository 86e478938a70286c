//! Placing an order, once, however often it is submitted.

use contracts::orders::{CustomerOrderPlaced, OrderPlaced};
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Shop, order, quote};

#[sqlx::test(migrations = "./migrations")]
async fn an_account_places_an_order_and_everybody_hears_of_it(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();

    let answer = shop.submit(&ada, "k1", &order(&shop.sign(&quote(&ada.principal)))).await;

    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!((&answer.json["status"], &answer.json["version"]), (&json!("placed"), &json!(1)));
    let said = shop.service.published().await;
    let (placed, mail) = (said[0].read::<OrderPlaced>(), said[1].read::<CustomerOrderPlaced>());
    assert_eq!(
        said.iter().map(|one| one.name()).collect::<Vec<_>>(),
        ["OrderPlaced", "CustomerOrderPlaced"]
    );
    assert_eq!(
        (placed.account_id, placed.number.as_str()),
        (ada.principal, answer.json["number"].as_str().unwrap())
    );
    assert_eq!(placed.totals.unwrap().total.unwrap().minor, 2_990);
    let card = mail.card.unwrap();
    assert_eq!((card.email.as_str(), card.name.as_str()), ("ada@example.org", "Ada Lovelace"));
    assert_eq!(card.access_token, answer.json["access_token"].as_str().unwrap());
    assert_eq!((said[0].key.clone(), said[0].version), (placed.order_id, 1));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_guest_places_an_order_with_nothing_but_a_basket(db: PgPool) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;

    let placed = shop.place(&guest, &quote(&guest.principal)).await;

    assert_eq!(shop.status(&placed).await, "placed");
    assert_eq!(shop.service.published().await[0].read::<OrderPlaced>().account_id, "");
}

#[sqlx::test(migrations = "./migrations")]
async fn no_personal_data_enters_the_event_store(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let guest = shop.guest().await;
    let placed = shop.place(&guest, &quote(&guest.principal)).await;
    let cancel = placed.path(&format!("/cancel?access_token={}", placed.access_token));
    shop.service.post(&cancel, "", &[], &json!({ "reason": "Ada moved to Invalidenstr. 9" })).await;

    let stored: Vec<String> =
        sqlx::query_scalar("select data::text from order_events").fetch_all(&db).await.unwrap();

    assert_eq!(stored.len(), 2);
    for word in ["Ada", "ada@", "Invalidenstr", "10115", "Berlin"] {
        assert!(!stored.concat().contains(word), "{word}: {stored:?}");
    }
}

async fn submit_at_once(db: PgPool, times: usize) {
    let shop = Shop::open(db.clone()).await;
    let guest = shop.guest().await;
    let body = order(&shop.sign(&quote(&guest.principal)));

    let submits = (0..times).map(|_| shop.submit(&guest, "the-key", &body));
    let answers = futures::future::join_all(submits).await;

    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.text), (201, &answers[0].text));
    }
    assert_eq!(shop.said("OrderPlaced").await, 1);
    let orders: i64 =
        sqlx::query_scalar("select count(*) from orders").fetch_one(&db).await.unwrap();
    let timers = "select count(*) from messaging.job where queue = 'order_deadline'";
    let timers: i64 = sqlx::query_scalar(timers).fetch_one(&db).await.unwrap();
    assert_eq!((orders, timers), (1, 1));
}

#[sqlx::test(migrations = "./migrations")]
async fn four_simultaneous_submits_make_one_order_and_get_one_answer(db: PgPool) {
    submit_at_once(db, 4).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn sixteen_simultaneous_submits_make_one_order_and_get_one_answer(db: PgPool) {
    submit_at_once(db, 16).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn the_same_key_for_another_request_is_refused(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let first = order(&shop.sign(&quote(&ada.principal)));
    shop.submit(&ada, "k1", &first).await;
    let mut other = first.clone();
    other["email"] = json!("other@example.org");

    let answer = shop.submit(&ada, "k1", &other).await;

    assert_eq!((answer.status.as_u16(), answer.code()), (422, "idempotency_key_reused"));
    let bob = shop.account();
    let bobs = shop.submit(&bob, "k1", &order(&shop.sign(&quote(&bob.principal)))).await;
    assert_eq!(bobs.status, 201, "keys of two buyers have nothing to do with each other");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_quote_or_a_payment_makes_one_order(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let body = order(&shop.sign(&quote(&ada.principal)));
    shop.submit(&ada, "k1", &body).await;
    let mut same_payment = order(&shop.sign(&quote(&ada.principal)));
    same_payment["payment_id"] = body["payment_id"].clone();

    let quote_again = shop.submit(&ada, "k2", &body).await;
    let payment_again = shop.submit(&ada, "k3", &same_payment).await;

    assert_eq!((quote_again.status.as_u16(), quote_again.code()), (409, "quote_used"));
    assert_eq!((payment_again.status.as_u16(), payment_again.code()), (409, "payment_used"));
    assert_eq!(shop.said("OrderPlaced").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn sixteen_submits_with_keys_of_their_own_make_one_order(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let body = order(&shop.sign(&quote(&ada.principal)));
    let keys: Vec<String> = (0..16).map(|number| format!("key-{number}")).collect();

    let answers =
        futures::future::join_all(keys.iter().map(|key| shop.submit(&ada, key, &body))).await;

    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 15][..]));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_key_is_required(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let body = order(&shop.sign(&quote(&ada.principal)));

    let answer = shop.service.post(crate::support::ORDERS, &ada.token, &[], &body).await;

    assert_eq!((answer.status.as_u16(), answer.code()), (400, "idempotency_key_required"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_taken_number_is_replaced_by_another(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let ada = shop.account();
    // The first order to come is made to look as if its number were taken.
    for statement in [
        "create function take_once() returns trigger language plpgsql as $$
         begin
             if nextval('taken') = 1 then
                 raise unique_violation using constraint = 'orders_have_a_number_of_their_own';
             end if;
             return new;
         end $$",
        "create sequence taken",
        "create trigger take_once before insert on orders for each row execute function take_once()",
    ] {
        sqlx::query(statement).execute(&db).await.unwrap();
    }

    let answer = shop.submit(&ada, "k1", &order(&shop.sign(&quote(&ada.principal)))).await;

    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(shop.said("OrderPlaced").await, 1);
}
