//! A shipping service, its sandbox carrier on a port of its own, and an order that is sent.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use clap::{Args as _, Command, FromArgMatches as _};
use contracts::common::Address;
use contracts::orders::{CustomerOrderConfirmed, CustomerOrderRecalled};
use kernel::{OrderId, ShipmentId};
use runtime::App as _;
use sandbox::carrier::{Depot, Settings, router};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, TestService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) const API_KEY: &str = "sandbox-key";
pub(crate) const SECRET: &str = "webhook-secret";

/// The service with everything around it.
pub(crate) struct Depots {
    pub(crate) service: TestService,
    carrier: SocketAddr,
    settings: Settings,
    stop: CancellationToken,
}

impl Drop for Depots {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Depots {
    /// Parcels wait this long for each step of the carrier, and so many seconds to be packed.
    pub(crate) async fn open(db: PgPool, step_ms: u64, packing: u32) -> Self {
        let webhooks = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let carrier = listener.local_addr().unwrap();
        let url = format!("http://{}/api/shipping/v1/webhooks", webhooks.local_addr().unwrap());
        let settings = Settings {
            http_addr: carrier,
            sandbox_dir: std::env::temp_dir().join(format!("shipping-it-{}", OrderId::new())),
            carrier_api_key: API_KEY.into(),
            carrier_webhook_secret: SECRET.into(),
            carrier_webhook_url: url.parse().unwrap(),
            carrier_step_ms: step_ms,
        };
        let (base, packing) = (format!("http://{carrier}"), packing.to_string());
        let flags = [
            "--carrier-url",
            &base,
            "--carrier-api-key",
            API_KEY,
            "--carrier-webhook-secret",
            SECRET,
            "--shipping-handling-seconds",
            &packing,
        ];
        let stop = CancellationToken::new();
        serve(listener, router(Depot::open(&settings).unwrap()), stop.clone());
        let service = TestService::start::<shipping::App>(db.clone(), &flags).await.working();
        // Another replica answers the webhooks.
        serve(webhooks, replica(db, &flags).await, CancellationToken::new());
        Self { service, carrier, settings, stop }
    }

    /// Ends the carrier: connections are refused from now on.
    pub(crate) async fn kill_carrier(&mut self) {
        self.stop.cancel();
        let gone = || async { TcpListener::bind(self.carrier).await.ok().map(drop) };
        testkit::eventually(gone).await;
    }

    /// Starts it again at the same address, with what is in its journal.
    pub(crate) async fn restart_carrier(&mut self) {
        let listener = TcpListener::bind(self.carrier).await.unwrap();
        self.stop = CancellationToken::new();
        serve(listener, router(Depot::open(&self.settings).unwrap()), self.stop.clone());
    }

    /// What the carrier has on its books.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let ledger = reqwest::Client::new()
            .get(format!("http://{}/v1/ledger", self.carrier))
            .bearer_auth(API_KEY)
            .send();
        let body = ledger.await.unwrap().bytes().await.unwrap();
        let ledger: Value = serde_json::from_slice(&body).unwrap();
        ledger["shipments"].as_array().unwrap().clone()
    }

    pub(crate) async fn stages_at_carrier(&self) -> Vec<String> {
        let ledger = self.ledger().await;
        ledger.iter().map(|one| one["stage"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn confirm(&self, order: OrderId) {
        let address = Address {
            name: "Ada Lovelace".into(),
            line1: "12 Analytical Row".into(),
            line2: String::new(),
            postal_code: "10115".into(),
            city: "Berlin".into(),
            country: "DE".into(),
        };
        let event = CustomerOrderConfirmed {
            order_id: order.to_string(),
            card: None,
            address: Some(address),
            shipping_method: "express".into(),
        };
        self.service.hear(&event).await.unwrap();
    }

    pub(crate) async fn recall(&self, order: OrderId) {
        let event = CustomerOrderRecalled { order_id: order.to_string() };
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

    /// Waits until a parcel has come so far.
    pub(crate) async fn reaches(&self, order: OrderId, stage: &str) -> Value {
        let path = format!("/api/shipping/v1/shipments/{}", shipment_of(order));
        let there = || async {
            let seen = self.service.get(&path, "").await.json;
            (seen["status"] == stage).then_some(seen)
        };
        testkit::eventually(there).await
    }

    /// Posts a webhook as the carrier would, signed so many seconds ago.
    pub(crate) async fn post(&self, body: &str, secret: &str, age: i64) -> Answer {
        let time = kernel::unix_seconds() - age;
        let secret = SecretString::from(secret);
        let signature = web::webhook::sign(&secret, body.as_bytes(), time).unwrap();
        let headers = [("sandbox-signature", signature.as_str())];
        let path = "/api/shipping/v1/webhooks";
        self.service.send(http::Method::POST, path, &headers, body.to_owned()).await
    }
}

/// The parcel of an order.
pub(crate) fn shipment_of(order: OrderId) -> ShipmentId {
    ShipmentId::derived(order.uuid().as_bytes())
}

/// A tracking webhook.
pub(crate) fn sighting(id: &str, order: OrderId, status: &str) -> Value {
    json!({
        "id": id, "type": "shipment.tracked", "created": kernel::unix_seconds(),
        "data": { "shipment": "cst_1", "reference": shipment_of(order),
                  "tracking_number": "PN000000000001", "status": status },
    })
}

fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    tokio::spawn(async move {
        let serving = axum::serve(listener, routes);
        tokio::select! { _ = serving.into_future() => {}, () = stop.cancelled() => {} }
    });
}

/// The service's routes on the same database.
async fn replica(db: PgPool, flags: &[&str]) -> Router {
    let command = runtime::Settings::augment_args(Command::new("shipping"));
    let command = shipping::Config::augment_args(command);
    let flags = ["shipping", "--kafka-brokers", "none"].iter().chain(flags);
    let matches = command.get_matches_from(flags);
    let settings = runtime::Settings::from_arg_matches(&matches).unwrap();
    let config = shipping::Config::from_arg_matches(&matches).unwrap();
    let parts = runtime::Parts::new(settings, web::Verifier::default(), Some(db));
    let mut service = shipping::App::service(&parts, config).await.unwrap();
    runtime::router("shipping", "0", &mut service, &parts)
}
