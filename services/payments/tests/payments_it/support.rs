//! A payments service, its sandbox processor on a port of its own, and an order that pays.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use clap::{Args as _, Command, FromArgMatches as _};
use contracts::orders::{OrderCancelled, PaymentRequested};
use contracts::shipping::ShipmentDispatched;
use kernel::{AccountId, Currency, Money, OrderId};
use runtime::App as _;
use sandbox::payments::{Settings, Till, router};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::TestService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;
use web::Role;

pub(crate) const API_KEY: &str = "sandbox-key";
pub(crate) const SECRET: &str = "webhook-secret";
pub(crate) const AMOUNT: i64 = 4_990;

pub(crate) const ACCEPT: &str = "4242424242424242";
pub(crate) const DECLINE: &str = "4000000000000002";
pub(crate) const SLOW: &str = "4000000000000044";
pub(crate) const ANSWER_LOST: &str = "4000000000000051";
pub(crate) const WEBHOOK_TWICE: &str = "4000000000000077";
pub(crate) const CHALLENGE: &str = "4000000000003220";

/// The processor, which may be killed and started again on its data.
pub(crate) struct Processor {
    pub(crate) address: SocketAddr,
    settings: Settings,
    stop: CancellationToken,
}

impl Drop for Processor {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Processor {
    pub(crate) async fn start(webhooks: Url) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = Settings {
            http_addr: address,
            public_url: None,
            sandbox_dir: folder(),
            payment_api_key: API_KEY.into(),
            payment_webhook_secret: SECRET.into(),
            payment_webhook_url: webhooks,
        };
        let stop = CancellationToken::new();
        serve(listener, router(Till::open(&settings).unwrap()), stop.clone());
        Self { address, settings, stop }
    }

    /// Ends it: connections are refused from now on.
    pub(crate) async fn kill(&mut self) {
        self.stop.cancel();
        let gone = || async { TcpListener::bind(self.address).await.ok().map(drop) };
        testkit::eventually(gone).await;
    }

    /// Starts it again at the same address, with what is in its journal.
    pub(crate) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.stop = CancellationToken::new();
        serve(listener, router(Till::open(&self.settings).unwrap()), self.stop.clone());
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the processor has on its books.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let ledger = reqwest::Client::new()
            .get(format!("{}/v1/ledger", self.url()))
            .bearer_auth(API_KEY)
            .send();
        let ledger: Value =
            serde_json::from_slice(&ledger.await.unwrap().bytes().await.unwrap()).unwrap();
        ledger["authorizations"].as_array().unwrap().clone()
    }

    /// Gives up a hold as somebody with access to the processor's own pages would.
    pub(crate) async fn void_by_hand(&self) {
        let id = self.ledger().await[0]["id"].as_str().unwrap().to_owned();
        let void = reqwest::Client::new()
            .post(format!("{}/v1/authorizations/{id}/void", self.url()))
            .header("idempotency-key", "by hand")
            .bearer_auth(API_KEY)
            .send();
        assert_eq!(void.await.unwrap().status().as_u16(), 200);
    }

    /// How many card pages were opened, by its journal.
    pub(crate) fn card_pages(&self) -> usize {
        let journal = self.settings.sandbox_dir.join("payments.jsonl");
        std::fs::read_to_string(journal).unwrap().matches("\"opened\"").count()
    }

    /// The statuses of everything on its books.
    pub(crate) async fn statuses(&self) -> Vec<String> {
        let ledger = self.ledger().await;
        ledger.iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect()
    }
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("payments-it-{}", OrderId::new()))
}

fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    tokio::spawn(async move {
        let serving = axum::serve(listener, routes);
        tokio::select! { _ = serving.into_future() => {}, () = stop.cancelled() => {} }
    });
}

/// What stands between the processor's webhooks and the service.
#[derive(Clone, Debug, Default)]
struct Door {
    posted: Posted,
    deaf: Arc<AtomicBool>,
}

/// The bodies of webhooks.
type Posted = Arc<Mutex<Vec<String>>>;

/// The service with everything around it.
pub(crate) struct Shop {
    pub(crate) service: TestService,
    pub(crate) processor: Processor,
    pub(crate) account: AccountId,
    /// Webhooks that the processor has posted, before the service saw them.
    pub(crate) posted: Posted,
    deaf: Arc<AtomicBool>,
}

impl Shop {
    pub(crate) async fn open(db: PgPool) -> Self {
        Self::open_with(db, &[]).await
    }

    /// Opens the shop with further flags.
    pub(crate) async fn open_with(db: PgPool, flags: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhooks =
            format!("http://{}/api/payments/v1/webhooks", listener.local_addr().unwrap());
        let processor = Processor::start(webhooks.parse().unwrap()).await;
        let url = processor.url();
        let mut all = vec![
            "--public-url",
            "http://shop.test",
            "--payment-provider-url",
            &url,
            "--payment-api-key",
            API_KEY,
            "--payment-webhook-secret",
            SECRET,
        ];
        all.extend(flags);
        // Another replica answers the webhooks.
        let door = Door::default();
        let replica = replica(db.clone(), &all).await;
        let noting = middleware::from_fn_with_state(door.clone(), note);
        serve(listener, replica.layer(noting), CancellationToken::new());
        let service = TestService::start::<payments::App>(db, &all).await.working();
        let Door { posted, deaf } = door;
        Self { service, processor, account: AccountId::new(), posted, deaf }
    }

    /// From now on webhooks are taken and lost.
    pub(crate) fn lose_webhooks(&self) {
        self.deaf.store(true, Ordering::Release);
    }

    /// How many jobs are not done.
    pub(crate) async fn jobs(&self) -> i64 {
        self.count("select count(*) from messaging.job where stuck_at is null").await
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.service.db).await.unwrap()
    }

    pub(crate) fn token(&self) -> String {
        self.service.token(self.account, &[Role::Shopper])
    }

    /// Prepares a payment and enters a card; gives back the payment's id.
    pub(crate) async fn pay_with(&self, card: &str) -> String {
        let prepared = self.prepare("key-1").await;
        let page = prepared["redirect_url"].as_str().unwrap();
        let left = enter(page, card).await;
        assert!(left.contains("result=ok") || left.contains("challenge"), "{left}");
        prepared["payment_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn prepare(&self, key: &str) -> Value {
        let body = json!({
            "amount": { "minor": AMOUNT, "currency": "EUR" },
            "return_url": "http://shop.test/checkout",
        });
        let headers = [("idempotency-key", key)];
        let answer =
            self.service.post("/api/payments/v1/payments", &self.token(), &headers, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json
    }

    pub(crate) async fn request(&self, order: OrderId, payment: &str) {
        let event = self.wanted(order, payment);
        self.service.hear(&event).await.unwrap();
    }

    pub(crate) fn wanted(&self, order: OrderId, payment: &str) -> PaymentRequested {
        PaymentRequested {
            order_id: order.to_string(),
            payment_id: payment.to_owned(),
            amount: Some(Money::new(AMOUNT, Currency::EUR).into()),
            principal: self.account.to_string(),
        }
    }

    pub(crate) async fn cancel(&self, order: OrderId, payment: &str) {
        let event = OrderCancelled {
            order_id: order.to_string(),
            payment_id: payment.to_owned(),
            ..Default::default()
        };
        self.service.hear(&event).await.unwrap();
    }

    pub(crate) async fn dispatch(&self, order: OrderId) {
        let event = ShipmentDispatched { order_id: order.to_string(), ..Default::default() };
        self.service.hear(&event).await.unwrap();
    }

    /// Waits until the service has said exactly this.
    pub(crate) async fn said(&self, names: &[&str]) {
        for _ in 0..750 {
            if self.service.published_names().await == names {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.service.published_names().await, names);
    }

    pub(crate) async fn status(&self, payment: &str) -> String {
        let path = format!("/api/payments/v1/payments/{payment}");
        let answer = self.service.get(&path, &self.token()).await;
        answer.json["status"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until no job is left.
    pub(crate) async fn idle(&self) {
        let none = || async { (self.jobs().await == 0).then_some(()) };
        testkit::eventually(none).await;
    }
}

/// The service's routes on the same database.
async fn replica(db: PgPool, flags: &[&str]) -> Router {
    let command = runtime::Settings::augment_args(Command::new("payments"));
    let command = payments::Config::augment_args(command);
    let flags = ["payments", "--kafka-brokers", "none"].iter().chain(flags);
    let matches = command.get_matches_from(flags);
    let settings = runtime::Settings::from_arg_matches(&matches).unwrap();
    let config = payments::Config::from_arg_matches(&matches).unwrap();
    let parts = runtime::Parts::new(settings, web::Verifier::default(), Some(db));
    let mut service = payments::App::service(&parts, config).await.unwrap();
    runtime::router("payments", "0", &mut service, &parts)
}

/// Notes what comes in, and passes it on unless it is to be lost.
async fn note(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.unwrap();
    door.posted.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
    if door.deaf.load(Ordering::Acquire) {
        return Response::default();
    }
    next.run(Request::from_parts(parts, body.into())).await
}

/// Fills in the card page; gives back where the browser is sent.
pub(crate) async fn enter(page: &str, card: &str) -> String {
    post_form(page, &[("name", "Ada"), ("number", card), ("expiry", "12/40"), ("code", "123")])
        .await
}

/// Posts a form; gives back where the browser is sent, or the status.
pub(crate) async fn post_form(page: &str, fields: &[(&str, &str)]) -> String {
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.post(page).form(fields).send().await.unwrap();
    let place = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    place.unwrap_or_else(|| answer.status().to_string())
}
