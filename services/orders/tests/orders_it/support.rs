//! A shop around the orders service: pricing's key, buyers, quotes, and what other services say.

use contracts::pricing::QuoteKeyPublished;
use contracts::quote::{Quote, QuoteLine};
use contracts::{inventory, payments, pricing, shipping};
use kernel::{AccountId, Currency, OrderId, PaymentId, Quantity, QuoteId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, TestService};
use web::{Role, SigningKey};

pub(crate) const ORDERS: &str = "/api/orders/v1/orders";

/// The service, and the key with which its quotes are signed.
pub(crate) struct Shop {
    pub(crate) service: TestService,
    pub(crate) pricing: SigningKey,
}

/// Somebody who buys, and what goes along with their requests.
#[derive(Clone)]
pub(crate) struct Buyer {
    pub(crate) principal: String,
    pub(crate) token: String,
    pub(crate) basket_token: Option<String>,
}

impl Buyer {
    fn headers<'a>(&'a self, key: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut headers = vec![("idempotency-key", key)];
        headers.extend(self.basket_token.as_deref().map(|token| ("basket-token", token)));
        headers
    }
}

/// An order that was placed.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) id: OrderId,
    pub(crate) payment: PaymentId,
    pub(crate) access_token: String,
}

impl Placed {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("{ORDERS}/{}{rest}", self.id)
    }
}

impl Shop {
    pub(crate) async fn open(db: PgPool) -> Self {
        Self::with(db, &[]).await
    }

    pub(crate) async fn with(db: PgPool, flags: &[&str]) -> Self {
        let service = TestService::start::<orders::App>(db, flags).await;
        let pricing = SigningKey::generate();
        let key = pricing.public(kernel::unix_seconds() + 3_600);
        let published =
            QuoteKeyPublished { key_id: key.id, public_key: key.bytes, not_after: key.not_after };
        service.hear(&published).await.unwrap();
        Self { service, pricing }
    }

    pub(crate) fn account(&self) -> Buyer {
        let account = AccountId::new();
        let token = self.service.token(account, &[Role::Shopper]);
        Buyer { principal: account.to_string(), token, basket_token: None }
    }

    pub(crate) async fn guest(&self) -> Buyer {
        let made = self.service.post("/api/orders/v1/baskets", "", &[], &json!({})).await;
        let text = |field: &str| made.json[field].as_str().unwrap().to_owned();
        let (principal, basket) = (text("basket_id"), text("token"));
        Buyer { principal, token: String::new(), basket_token: Some(basket) }
    }

    pub(crate) fn sign(&self, quote: &Quote) -> String {
        self.pricing.sign("quote+jwt", quote).unwrap()
    }

    pub(crate) async fn submit(&self, buyer: &Buyer, key: &str, body: &Value) -> Answer {
        self.service.post(ORDERS, &buyer.token, &buyer.headers(key), body).await
    }

    /// Places an order of a quote.
    pub(crate) async fn place(&self, buyer: &Buyer, quote: &Quote) -> Placed {
        let body = order(&self.sign(quote));
        let answer = self.submit(buyer, &QuoteId::new().to_string(), &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        Placed {
            id: answer.json["order_id"].as_str().unwrap().parse().unwrap(),
            payment: body["payment_id"].as_str().unwrap().parse().unwrap(),
            access_token: answer.json["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// An order with its stock, coupon and payment in.
    pub(crate) async fn confirmed(&self, buyer: &Buyer) -> Placed {
        let quote = quote(&buyer.principal);
        let placed = self.place(buyer, &quote).await;
        self.stock_reserved(&placed).await;
        self.authorized(&placed, quote.total_minor).await;
        placed
    }

    pub(crate) async fn stock_reserved(&self, order: &Placed) {
        let order_id = order.id.to_string();
        self.service.hear(&inventory::StockReserved { order_id }).await.unwrap();
    }

    pub(crate) async fn stock_released(&self, order: &Placed) {
        let order_id = order.id.to_string();
        self.service.hear(&inventory::StockReleased { order_id }).await.unwrap();
    }

    pub(crate) async fn coupon_reserved(&self, order: &Placed) {
        let (order_id, code) = (order.id.to_string(), "SPRING".to_owned());
        self.service.hear(&pricing::CouponReserved { order_id, code }).await.unwrap();
    }

    pub(crate) fn authorization(order: &Placed, minor: i64) -> payments::PaymentAuthorized {
        let amount = kernel::Money::new(minor, Currency::EUR);
        payments::PaymentAuthorized {
            order_id: order.id.to_string(),
            payment_id: order.payment.to_string(),
            amount: Some(amount.into()),
        }
    }

    pub(crate) async fn authorized(&self, order: &Placed, minor: i64) {
        self.service.hear(&Self::authorization(order, minor)).await.unwrap();
    }

    pub(crate) async fn dispatched(&self, order: &Placed) {
        let dispatched = shipping::ShipmentDispatched {
            order_id: order.id.to_string(),
            shipment_id: "shp_1".to_owned(),
            carrier: "Heron".to_owned(),
            tracking_number: "H-1".to_owned(),
        };
        self.service.hear(&dispatched).await.unwrap();
    }

    pub(crate) async fn delivered(&self, order: &Placed) {
        let (order_id, shipment_id) = (order.id.to_string(), "shp_1".to_owned());
        let delivered = shipping::ShipmentDelivered { order_id, shipment_id };
        self.service.hear(&delivered).await.unwrap();
    }

    /// An order as whoever has its link sees it.
    pub(crate) async fn show(&self, order: &Placed) -> Value {
        let path = order.path(&format!("?access_token={}", order.access_token));
        self.service.get(&path, "").await.json
    }

    pub(crate) async fn status(&self, order: &Placed) -> String {
        self.show(order).await["status"].as_str().unwrap_or_default().to_owned()
    }

    /// How often something was said.
    pub(crate) async fn said(&self, name: &str) -> usize {
        self.service.published_names().await.iter().filter(|said| *said == name).count()
    }
}

/// Two blue shirts for 10.00 EUR each and a ring of a seller, to Berlin.
pub(crate) fn quote(principal: &str) -> Quote {
    let line = |sku: &str, seller: &str, pieces: i64, unit_minor: i64| QuoteLine {
        sku: sku.parse().unwrap(),
        product_id: "prd_0192f0c1000070008000000000000001".to_owned(),
        title: sku.to_owned(),
        variant_title: String::new(),
        seller_id: seller.to_owned(),
        quantity: Quantity::new(pieces).unwrap(),
        unit_minor,
        total_minor: unit_minor * pieces,
    };
    let now = kernel::unix_seconds();
    Quote {
        jti: QuoteId::new(),
        iss: "pricing".to_owned(),
        aud: "orders".to_owned(),
        sub: principal.to_owned(),
        iat: now,
        exp: now + 900,
        currency: Currency::EUR,
        country: "DE".to_owned(),
        postal_code: "10115".to_owned(),
        shipping_method: "standard".to_owned(),
        coupon: None,
        lines: vec![line("shirt/blue", "", 2, 1_000), line("ring", &seller().to_string(), 1, 500)],
        goods_minor: 2_500,
        discount_minor: 0,
        shipping_minor: 490,
        tax_minor: 0,
        total_minor: 2_990,
    }
}

/// Sells the ring.
pub(crate) fn seller() -> AccountId {
    AccountId::derived(b"seller")
}

/// The body of a request that places an order, with a payment of its own.
pub(crate) fn order(quote: &str) -> Value {
    json!({
        "quote": quote,
        "payment_id": PaymentId::new(),
        "email": "Ada@Example.org",
        "address": { "name": "Ada Lovelace", "line1": "Invalidenstr. 1", "postal_code": "10115",
                     "city": "Berlin", "country": "DE" },
    })
}
