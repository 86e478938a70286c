//! The REST services behind the pages, with one basket, one order and one account.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What the services were told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) lines: Vec<Value>,
    pub(crate) orders: Vec<(String, Value)>,
    pub(crate) refreshed: u32,
    pub(crate) merged: Vec<String>,
    /// Status of the order that is shown.
    pub(crate) status: &'static str,
    /// Tokens of mails.
    pub(crate) confirmed: Vec<String>,
    /// Orders and parcels that were asked for, as they stood in the path.
    pub(crate) asked: Vec<String>,
    /// Where the last one who signed in came from.
    pub(crate) origin: Vec<String>,
    /// Sizes of the pictures that were sent.
    pub(crate) pictures: Vec<usize>,
    /// Items that were offered.
    pub(crate) offers: Vec<Value>,
    /// A token that counts, for refreshed sessions.
    pub(crate) access: String,
    /// What search was asked to wait for, and for how long; empty when for nothing.
    pub(crate) awaited: Vec<(String, String)>,
    /// Search does not have it.
    pub(crate) behind: bool,
}

pub(crate) type Shared = Arc<Mutex<Told>>;

pub(crate) const ORDER: &str = "ord_01890000000070008000000000000001";
const BASKET: &str = "bsk_01890000000070008000000000000002";

fn eur(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "EUR" })
}

fn problem(status: u16, code: &str, detail: &str, errors: &[(&str, &str)]) -> Response {
    let errors: Vec<Value> = errors
        .iter()
        .map(|(field, message)| json!({ "field": field, "message": message }))
        .collect();
    let body = json!({
        "type": format!("/problems/{code}"), "title": "Error", "status": status, "code": code,
        "detail": detail, "errors": errors,
    });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn basket(told: &Told) -> Response {
    Json(json!({ "basket_id": BASKET, "lines": told.lines })).into_response()
}

/// A basket that has ended; and one whose merge fails.
pub(crate) const GONE: &str = "bsk_gone.secret";
pub(crate) const UNLUCKY: &str = "bsk_unlucky.secret";

async fn show_basket(State(told): State<Shared>, headers: HeaderMap) -> Response {
    if headers.get("basket-token").is_some_and(|token| token == GONE) {
        return problem(404, "no_such_basket", "there is no such basket", &[]);
    }
    basket(&told.lock().unwrap())
}

async fn set_line(State(told): State<Shared>, Json(line): Json<Value>) -> Response {
    let quantity = line["quantity"].as_i64().unwrap();
    if !(0..=999).contains(&quantity) {
        let wrong = [("quantity", "expected a quantity from 0 to 999")];
        return problem(422, "invalid_fields", "the request has 1 wrong field(s)", &wrong);
    }
    let mut told = told.lock().unwrap();
    told.lines.retain(|known| known["sku"] != line["sku"]);
    if quantity > 0 {
        told.lines.push(line);
    }
    basket(&told)
}

async fn quote(Json(body): Json<Value>) -> Response {
    if body["coupon"] == "WRONG" {
        return problem(422, "invalid_fields", "wrong", &[("coupon", "there is no such coupon")]);
    }
    let mut claims = json!({
        "jti": "quo_01890000000070008000000000000003", "iss": "pricing", "aud": "orders", "sub": BASKET,
        "iat": 1, "exp": 2, "currency": "EUR", "country": body["country"],
        "postal_code": body["postal_code"], "shipping_method": "standard",
        "coupon": body.get("coupon"),
        "lines": [{ "sku": "linen-shirt/small", "product_id": "prd_1", "title": "Linen Shirt",
            "variant_title": "Small", "seller_id": "", "quantity": 2, "unit_minor": 5_900, "total_minor": 11_800 }],
        "goods_minor": 11_800, "discount_minor": 1_180, "shipping_minor": 490, "tax_minor": 0,
        "total_minor": 11_110,
    });
    if body["coupon"] == "GIFT" {
        claims["discount_minor"] = json!(11_800);
        claims["shipping_minor"] = json!(0);
        claims["total_minor"] = json!(0);
    }
    let token = format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let ways = json!([
        { "method": "standard", "name": "Standard, two to five days", "price": eur(490) },
        { "method": "express", "name": "Express, the next working day", "price": eur(1_290) },
    ]);
    let reasons = json!([
        { "code": "coupon", "text": "Coupon AHOY10 takes 10 % off the goods", "amount": eur(-1_180) },
        { "code": "shipping", "text": "standard delivery to Germany", "amount": eur(490) },
    ]);
    Json(json!({ "quote": token, "reasons": reasons, "shipping_options": ways, "tax_included": eur(1_774) }))
        .into_response()
}

async fn place(
    State(told): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    told.lock().unwrap().orders.push((key, body));
    let placed = json!({ "order_id": ORDER, "number": "F7K2-9QXM", "status": "placed",
        "access_token": "oat_link", "version": 1 });
    (StatusCode::CREATED, Json(placed)).into_response()
}

async fn show_order(
    State(told): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let opened = headers.get("order-token").is_some_and(|token| token == "oat_link");
    if id != ORDER || !(opened || headers.contains_key("authorization")) {
        return problem(404, "no_such_order", "there is no such order", &[]);
    }
    let status = told.lock().unwrap().status;
    let step = |status: &str, text: &str| {
        json!({ "version": 1, "event": status, "status": status, "text": text, "cause": "customer",
            "at": "2026-11-21T13:05:00Z", "final": status == "cancelled" })
    };
    let mut order = json!({
        "order_id": ORDER, "number": "F7K2-9QXM", "status": status, "version": 3, "shipping_method": "standard",
        "lines": [{ "sku": "linen-shirt/small", "product_id": "prd_1", "title": "Linen Shirt",
            "variant_title": "Small", "quantity": 2, "unit_price": eur(5_900), "total": eur(11_800) }],
        "totals": { "goods": eur(11_800), "discount": eur(1_180), "shipping": eur(490), "tax": eur(0), "total": eur(11_110) },
        "coupon": "AHOY10", "can_cancel": status == "placed",
        "contact": { "email": "ada@example.org", "name": "Ada Lovelace", "line1": "12 Harbour Street",
            "line2": "", "postal_code": "20095", "city": "Hamburg", "country": "DE" },
        "history": [step("placed", "You placed the order")],
    });
    let history = order["history"].as_array_mut().unwrap();
    match status {
        "shipped" => {
            history.push(step("confirmed", "Stock and payment are certain"));
            history.push(step("shipped", "The carrier has the parcel"));
            order["tracking"] = json!({ "carrier": "Gull Express", "tracking_number": "GE123456" });
        }
        "cancelled" => {
            history.push(step("cancelled", "The payment was declined"));
            order["cancellation"] = json!({ "reason": "payment_declined", "text": "Your card was declined.", "details": "" });
        }
        _ => {}
    }
    Json(order).into_response()
}

async fn refresh(State(told): State<Shared>, Json(body): Json<Value>) -> Response {
    if body["refresh_token"] != "good" {
        return problem(401, "session_ended", "the session has ended", &[]);
    }
    let mut told = told.lock().unwrap();
    told.refreshed += 1;
    Json(json!({ "access_token": told.access, "expires_in": 600, "refresh_token": "next", "refresh_expires_in": 9 }))
        .into_response()
}

async fn sign_in(
    State(told): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let origin = ["x-forwarded-for", "x-real-ip", "user-agent"];
    let origin = origin.map(|name| headers.get(name).map(|value| value.to_str().unwrap().into()));
    told.lock().unwrap().origin = origin.into_iter().flatten().collect();
    if body["password"] != "correct horse" {
        return problem(401, "wrong_credentials", "e-mail or password is wrong", &[]);
    }
    let access = told.lock().unwrap().access.clone();
    Json(json!({ "access_token": access, "expires_in": 600, "refresh_token": "good", "refresh_expires_in": 900 }))
        .into_response()
}

async fn merge(State(told): State<Shared>, Json(body): Json<Value>) -> Response {
    if body["token"] == GONE {
        return problem(404, "no_such_basket", "there is no such basket", &[]);
    }
    if body["token"] == UNLUCKY {
        return problem(503, "database_unavailable", "database unavailable", &[]);
    }
    let mut told = told.lock().unwrap();
    told.merged.push(body["token"].as_str().unwrap().to_owned());
    basket(&told)
}

async fn me() -> Json<Value> {
    Json(
        json!({ "id": "acc_1", "email": "ada@example.org", "name": "Ada", "email_confirmed": false, "roles": [] }),
    )
}

/// What catalog says of a picture of ours.
const PICTURE: &str = "med_01890000000070008000000000000004";

async fn offer(
    State(told): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    assert!(headers.contains_key("idempotency-key") && headers.contains_key("authorization"));
    let known = body.get("picture").is_none_or(|picture| picture == PICTURE);
    let wrong: Vec<_> = [
        (body["title"] == "", ("title", "expected 1 to 255 characters on one line")),
        (body["price"]["minor"] == 0, ("price", "expected more than 0")),
        (!known, ("picture", "send the picture first")),
    ]
    .into_iter()
    .filter_map(|(is_wrong, complaint)| is_wrong.then_some(complaint))
    .collect();
    if !wrong.is_empty() {
        return problem(422, "invalid_fields", "wrong", &wrong);
    }
    told.lock().unwrap().offers.push(body);
    let written = format!("catalog.product.v1/prd_1;v=4;t={}000", kernel::unix_seconds());
    let body = json!({ "product_id": "prd_1", "handle": "old-oar" });
    (StatusCode::CREATED, [("sync-token", written)], Json(body)).into_response()
}

async fn picture(State(told): State<Shared>, headers: HeaderMap, bytes: Bytes) -> Response {
    assert!(headers.contains_key("authorization"));
    if !bytes.starts_with(b"\x89PNG") {
        let detail = "expected a picture of type PNG, JPEG or WebP";
        return problem(415, "unsupported_media_type", detail, &[]);
    }
    told.lock().unwrap().pictures.push(bytes.len());
    let sent = json!({ "media_id": PICTURE, "url": "/media/0ab1.png" });
    (StatusCode::CREATED, Json(sent)).into_response()
}

async fn confirm(State(told): State<Shared>, Json(body): Json<Value>) -> StatusCode {
    told.lock().unwrap().confirmed.push(body["token"].as_str().unwrap().to_owned());
    StatusCode::NO_CONTENT
}

/// Notes what stands behind the last slash of the path, as it was sent.
async fn note(State(told): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.contains("/v1/orders/") || path.contains("/v1/shipments/") {
        told.lock().unwrap().asked.extend(path.rsplit('/').next().map(str::to_owned));
    }
    next.run(request).await
}

async fn parcel(Path(number): Path<String>) -> Response {
    if number != "GE123456" {
        return problem(404, "no_such_shipment", "there is no such shipment", &[]);
    }
    Json(json!({ "status": "in_transit", "status_text": "on its way", "carrier": "Gull Express",
        "tracking_number": number, "method": "standard",
        "events": [{ "status": "dispatched", "at": "2026-11-21T13:05:00Z" }, { "status": "in_transit", "at": "2026-11-21T14:05:00Z" }] }))
    .into_response()
}

/// All services on one port.
pub(crate) fn routes(told: Shared) -> Router {
    Router::new()
        .route("/api/orders/v1/baskets", post(|| async {
            (StatusCode::CREATED, Json(json!({ "basket_id": BASKET, "token": format!("{BASKET}.secret") })))
        }))
        .route("/api/orders/v1/basket", get(show_basket))
        .route("/api/orders/v1/basket/set_line", post(set_line))
        .route("/api/orders/v1/basket/merge", post(merge))
        .route("/api/orders/v1/orders", post(place).get(|| async { Json(json!({ "items": [] })) }))
        .route("/api/orders/v1/orders/{id}", get(show_order))
        .route("/api/pricing/v1/quotes", post(quote))
        .route("/api/payments/v1/payments", post(|| async {
            (StatusCode::CREATED, Json(json!({ "payment_id": "pay_1", "redirect_url": "http://127.0.0.1:8121/pay/1" })))
        }))
        .route("/api/auth/v1/sessions", post(sign_in).get(|| async { Json(json!([])) }))
        .route("/api/auth/v1/sessions/refresh", post(refresh))
        .route("/api/auth/v1/me", get(me))
        .route("/api/auth/v1/email-confirmations", post(confirm))
        .route("/api/catalog/v1/listings", post(offer))
        .route("/api/catalog/v1/media", post(picture).layer(DefaultBodyLimit::max(6_000_000)))
        .route("/api/catalog/v1/categories", get(|| async {
            Json(json!({ "items": [{ "slug": "clothing", "name": "Clothing", "position": 1 }] }))
        }))
        .route("/api/shipping/v1/shipments/{number}", get(parcel))
        .layer(middleware::from_fn_with_state(Arc::clone(&told), note))
        .with_state(told)
}
