//! Rates: looked up, set by staff, told to the others.

use contracts::shipping::ShippingRateSet;
use kernel::AccountId;
use serde_json::{Value, json};
use sqlx::PgPool;
use web::Role;

use crate::support::Depots;

const RATES: &str = "/api/shipping/v1/rates";
const SET: &str = "/api/shipping/v1/rates/set";

fn express(country: &str, minor: i64) -> Value {
    json!({
        "method": "express", "country": country, "name": "Express",
        "price": { "minor": minor, "currency": "EUR" },
    })
}

#[sqlx::test]
async fn a_country_has_its_own_rates_or_those_for_all(db: PgPool) {
    let depots = Depots::open(db, 20, 0).await;

    let german = depots.service.get(&format!("{RATES}?country=DE"), "").await.json;
    let french = depots.service.get(&format!("{RATES}?country=FR"), "").await.json;
    let wrong = depots.service.get(&format!("{RATES}?country=de"), "").await;

    let seen = |rates: &Value| {
        let one = |rate: &Value| {
            format!("{} {} {}", rate["method"], rate["country"], rate["price"]["minor"])
        };
        rates.as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(seen(&german), [r#""standard" "DE" 490"#, r#""express" "DE" 990"#]);
    assert_eq!(seen(&french), [r#""standard" "*" 1290"#, r#""express" "*" 2490"#]);
    assert_eq!(wrong.wrong_fields(), ["country"]);
}

#[sqlx::test]
async fn staff_set_a_rate_and_the_others_hear_of_it(db: PgPool) {
    let depots = Depots::open(db, 20, 0).await;

    let set = depots.service.post(SET, &depots.service.staff(), &[], &express("FR", 1_500)).await;
    depots.service.post(SET, &depots.service.staff(), &[], &express("FR", 1_600)).await;

    assert_eq!(set.status, 200, "{}", set.text);
    let events = depots.service.published().await;
    let told: ShippingRateSet = events[1].read();
    assert_eq!((told.method.as_str(), told.country.as_str()), ("express", "FR"));
    assert_eq!(told.price.unwrap().minor, 1_600);
    assert_eq!(events.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2]);
    let seen = depots.service.get(&format!("{RATES}?country=FR"), "").await.json;
    assert_eq!(seen[1]["price"]["minor"], 1_600);
    let announced = "select announced_version = version from rates where country = 'FR'";
    let announced: bool =
        sqlx::query_scalar(announced).fetch_one(&depots.service.db).await.unwrap();
    assert!(announced, "it would be told once more at the next start");
    let everywhere = depots.service.post(SET, &depots.service.staff(), &[], &express("*", 9)).await;
    assert_eq!((everywhere.status.as_u16(), &everywhere.json["country"]), (200, &json!("*")));
}

#[sqlx::test]
async fn only_staff_set_rates_and_every_wrong_field_is_named(db: PgPool) {
    let depots = Depots::open(db, 20, 0).await;
    let shopper = depots.service.token(AccountId::new(), &[Role::Shopper]);
    let wrong = json!({
        "method": "pigeon", "country": "fr", "name": " ",
        "price": { "minor": -1, "currency": "EUR" }, "free_from": { "minor": 0, "currency": "JPY" },
    });

    let nobody = depots.service.post(SET, "", &[], &express("FR", 1)).await;
    let shopper = depots.service.post(SET, &shopper, &[], &express("FR", 1)).await;
    let wrong = depots.service.post(SET, &depots.service.staff(), &[], &wrong).await;

    assert_eq!((nobody.status.as_u16(), shopper.status.as_u16()), (401, 403));
    assert_eq!(
        wrong.wrong_fields(),
        ["method", "country", "name", "price.minor", "free_from.minor", "free_from.currency"]
    );
    assert!(depots.service.published_names().await.is_empty());
}
