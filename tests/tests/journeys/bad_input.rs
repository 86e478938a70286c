//! Input that is oversized, malformed, no UTF-8, duplicate, unknown, negative, overflowing or stale: named, and
//! nothing is done.

use e2e::shop::{ACCEPTED, Address, Buyer, Shop, fresh_email, fresh_key, json};
use reqwest::RequestBuilder;
use serde_json::{Value, json as body};

use crate::answers::{fields, is_problem};
use crate::support::{AtTheTill, euro, eventually, guest, product, shop, staff};

/// Sends a raw JSON body.
fn raw(request: RequestBuilder, text: impl Into<reqwest::Body>) -> RequestBuilder {
    request.header("content-type", "application/json").body(text)
}

async fn refused(request: RequestBuilder, status: u16, code: &str) -> Value {
    is_problem(request.send().await.unwrap(), status, code).await
}

/// Every way in which a JSON body can be no good, at one endpoint. `good` is a body that is.
async fn refuses_what_is_no_json(fresh: impl Fn() -> RequestBuilder, good: &Value) {
    let text = good.to_string();
    refused(raw(fresh(), text[..text.len() - 1].to_owned()), 400, "malformed_body").await;
    refused(raw(fresh(), format!("{text} {text}")), 400, "malformed_body").await;
    refused(raw(fresh(), b"{\"\xff\xfe\":1}".to_vec()), 400, "malformed_body").await;
    refused(raw(fresh(), String::new()), 400, "malformed_body").await;
    refused(fresh().header("content-type", "text/plain").body(text), 415, "unsupported_media_type")
        .await;

    let mut unknown = good.clone();
    unknown["surprise"] = body!(1);
    let problem = refused(raw(fresh(), unknown.to_string()), 422, "invalid_fields").await;
    assert!(problem["errors"].to_string().contains("surprise"), "{problem}");

    let name = good.as_object().unwrap().keys().next().unwrap().clone();
    let value = &good[&name];
    let twice = format!("{{\"{name}\":{value},\"{name}\":{value}}}");
    let problem = refused(raw(fresh(), twice), 422, "invalid_fields").await;
    assert!(problem["errors"].to_string().contains("duplicate"), "{problem}");
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused_everywhere() {
    let shop = shop();
    let staff = staff(&shop).await;
    let (buyer, _) = guest(&shop).await;
    let line = body!({ "quantity": 1, "sku": "a-thing" });
    let set_line = || buyer.on(shop.post("/api/orders/v1/basket/set_line"));
    refuses_what_is_no_json(set_line, &line).await;
    let quote = body!({ "currency": "EUR", "country": "DE", "postal_code": "1", "lines": [] });
    refuses_what_is_no_json(|| shop.post("/api/pricing/v1/quotes"), &quote).await;
    let person = body!({ "email": "a@b.test", "password": "long enough", "name": "A" });
    refuses_what_is_no_json(|| shop.post("/api/auth/v1/accounts"), &person).await;
    let place = || {
        let request = shop.post("/api/orders/v1/orders").header("idempotency-key", fresh_key());
        buyer.on(request)
    };
    let to = Address::default();
    let order = body!({ "quote": "q", "payment_id": "p", "email": "e", "address": to });
    refuses_what_is_no_json(place, &order).await;
    let adjust = || {
        let request = shop.post("/api/inventory/v1/stock/adjust");
        staff.on(request.header("idempotency-key", fresh_key()))
    };
    // A service that starts for the first time says 503 until it has heard the key that signs tokens.
    eventually(true, || async { adjust().send().await.unwrap().status().as_u16() != 503 }).await;
    let counted = body!({ "sku": "a-thing", "delta": 1, "reason": "counted" });
    refuses_what_is_no_json(adjust, &counted).await;
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_done() {
    let shop = shop();
    let (buyer, _) = guest(&shop).await;
    let basket = buyer.basket_id().unwrap();

    let problem = refused(
        shop.post("/api/auth/v1/accounts")
            .json(&body!({ "email": "nobody", "password": "short", "name": "" })),
        422,
        "invalid_fields",
    )
    .await;
    assert_eq!(fields(&problem), ["email", "name", "password"]);

    let order = body!({
        "quote": "", "payment_id": "pay_1", "email": "x",
        "address": { "name": "", "line1": "", "postal_code": "", "city": "", "country": "Germany" },
    });
    let request = shop.post("/api/orders/v1/orders").header("idempotency-key", fresh_key());
    let problem = refused(buyer.on(request).json(&order), 422, "invalid_fields").await;
    let named = fields(&problem);
    for field in ["quote", "payment_id", "email", "address.name", "address.country"] {
        assert!(named.iter().any(|name| name == field), "{field} is not in {named:?}");
    }

    for (quantity, status) in [("-1", 422), ("1000", 422), ("9223372036854775808", 422)] {
        let text = format!(r#"{{"sku":"a-thing","quantity":{quantity}}}"#);
        let request = buyer.on(shop.post("/api/orders/v1/basket/set_line"));
        let problem = refused(raw(request, text), status, "invalid_fields").await;
        assert_eq!(fields(&problem), ["quantity"], "{problem}");
    }
    assert!(shop.basket(&buyer).await.unwrap().lines.is_empty());

    let twice = body!({ "sku": "a-thing", "quantity": 1 });
    let quote = body!({
        "basket_id": basket, "currency": "EUR", "country": "de", "postal_code": "",
        "lines": [twice, twice],
    });
    let problem =
        refused(shop.post("/api/pricing/v1/quotes").json(&quote), 422, "invalid_fields").await;
    assert_eq!(fields(&problem), ["country", "postal_code", "lines[1].sku"]);

    for minor in ["0", "-5", "9223372036854775808"] {
        let text = format!(
            r#"{{"amount":{{"minor":{minor},"currency":"EUR"}},"basket_id":"{basket}",
                "return_url":"{}/x"}}"#,
            shop.places().gateway
        );
        let request = shop.post("/api/payments/v1/payments").header("idempotency-key", fresh_key());
        let problem = refused(raw(request, text), 422, "invalid_fields").await;
        assert_eq!(fields(&problem), ["amount.minor"], "{problem}");
    }
}

#[tokio::test]
async fn card_numbers_and_foreign_addresses_are_refused_by_payments() {
    let shop = shop();
    let (buyer, _) = guest(&shop).await;
    let gateway = &shop.places().gateway;
    let payment = |url: String| {
        let body = body!({
            "amount": euro(10_00), "return_url": url, "basket_id": buyer.basket_id().unwrap(),
        });
        let request = shop.post("/api/payments/v1/payments");
        request.header("idempotency-key", fresh_key()).json(&body)
    };
    let number = payment(format!("{gateway}/?card={ACCEPTED}"));
    refused(number, 422, "card_number_refused").await;
    let problem = refused(payment("http://evil.test/".to_owned()), 422, "invalid_fields").await;
    assert_eq!(fields(&problem), ["return_url"]);
}

async fn prices_are_changed_by_the_newest_version_only(shop: &Shop) {
    let staff = staff(shop).await;
    let variant = product(shop, "Something with a price", 1).await;
    let seen = shop.price(&variant.sku).await.unwrap().version;
    let set = |tag: Option<String>, minor: i64| {
        let request = staff.on(shop.post("/api/pricing/v1/prices/set"));
        let request = match tag {
            Some(tag) => request.header("if-match", tag),
            None => request,
        };
        request.json(&body!({ "sku": variant.sku, "price": euro(minor) }))
    };
    json::<Value>(set(Some(format!("\"{seen}\"")), 21_00)).await.unwrap();
    refused(set(Some(format!("\"{seen}\"")), 22_00), 412, "price_is_stale").await;
    refused(set(None, 22_00), 428, "if_match_required").await;
    refused(set(Some("\"x\"".to_owned()), 22_00), 428, "if_match_required").await;
    assert_eq!(shop.price(&variant.sku).await.unwrap().price, euro(21_00));
}

#[tokio::test]
async fn stale_input_is_refused() {
    let shop = shop();
    prices_are_changed_by_the_newest_version_only(&shop).await;

    let variant = product(&shop, "Something to buy", 5).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 1), ACCEPTED, None).await;
    let thief = AtTheTill::with(&shop, (&variant.sku, 1), ACCEPTED, None).await;
    let stolen = AtTheTill { quote: till.quote.clone(), ..thief };
    let refused = stolen.place(&shop, &fresh_key()).await.unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("quote_of_another"), "{refused}");

    let key = fresh_key();
    let placed = till.place(&shop, &key).await.unwrap();
    let other = AtTheTill { email: fresh_email("other"), ..till };
    let refused = other.place(&shop, &key).await.unwrap_err();
    assert_eq!(refused.status(), Some(422));
    assert_eq!(refused.code().as_deref(), Some("idempotency_key_reused"), "{refused}");

    let mut to = other.to.clone();
    to.country = "AT".to_owned();
    let elsewhere = AtTheTill { to, ..other };
    let refused = elsewhere.place(&shop, &fresh_key()).await.unwrap_err();
    assert_eq!(refused.status(), Some(422), "{refused}");
    assert_eq!(shop.order(&placed).await.unwrap().number, placed.number);
}

#[tokio::test]
async fn a_forged_webhook_is_refused() {
    let shop = shop();
    let event = body!({ "id": "evt_1", "type": "authorization.captured", "data": {} }).to_string();
    for path in ["/api/payments/v1/webhooks", "/api/shipping/v1/webhooks"] {
        refused(raw(shop.post(path), event.clone()), 401, "webhook_signature_invalid").await;
        let request = raw(shop.post(path), event.clone());
        let request = request.header("sandbox-signature", format!("t=1,v1={}", "0".repeat(64)));
        refused(request, 401, "webhook_signature_invalid").await;
    }
}

#[tokio::test]
async fn a_made_up_token_opens_nothing() {
    let shop = shop();
    let (buyer, _) = guest(&shop).await;
    let Buyer::Guest(mut guest) = buyer else { panic!("not a guest") };
    guest.token = guest.token.chars().rev().collect();
    let refused = shop.basket(&guest.into()).await.unwrap_err();
    assert_eq!(refused.status(), Some(404), "{refused}");
    let nobody = shop.get("/api/auth/v1/me").bearer_auth("eyJhbGciOiJub25lIn0.e30.");
    is_problem(nobody.send().await.unwrap(), 401, "not_signed_in").await;
}
