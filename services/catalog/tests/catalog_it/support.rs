//! A catalog to test: staff, a seller, products, and imports that are worked off.

use axum::body::Body;
use catalog::App;
use http::{Method, StatusCode};
use kernel::AccountId;
use messaging::Workers;
use runtime::Service;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, TestService, eventually};
use tokio_util::sync::CancellationToken;
use web::Role;

pub(crate) struct Catalog {
    pub(crate) service: TestService,
    pub(crate) staff: String,
    pub(crate) seller: String,
    pub(crate) seller_id: AccountId,
}

pub(crate) const PRODUCTS: &str = "/api/catalog/v1/products";

pub(crate) const HEADER: &str = "Handle,Title,Body (HTML),Type,Published,Option1 Name,\
    Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src\n";

impl Catalog {
    pub(crate) async fn new(db: PgPool) -> Self {
        Self::with(db, &[]).await
    }

    pub(crate) async fn with(db: PgPool, flags: &[&str]) -> Self {
        let service = TestService::start::<App>(db, flags).await;
        let (staff, seller_id) = (service.staff(), AccountId::new());
        let seller = service.token(seller_id, &[Role::Shopper]);
        Self { service, staff, seller, seller_id }
    }

    /// Defines the category `bags`.
    pub(crate) async fn stocked(db: PgPool) -> Self {
        let catalog = Self::new(db).await;
        let body = json!({ "name": "Bags" });
        let path = "/api/catalog/v1/categories";
        assert_eq!(catalog.service.post(path, &catalog.staff, &[], &body).await.status, 200);
        catalog
    }

    pub(crate) async fn draft(&self, token: &str) -> Value {
        let body = json!({ "title": "Deck bag", "category": "bags", "options": ["Size"] });
        let answer = self.service.post(PRODUCTS, token, &[], &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json
    }

    /// Runs a command on a product as it was last seen.
    pub(crate) async fn command(
        &self,
        token: &str,
        product: &Value,
        verb: &str,
        body: &Value,
    ) -> Answer {
        let path = format!("{PRODUCTS}/{}/{verb}", product["product_id"].as_str().unwrap());
        let seen = format!("\"{}\"", product["version"]);
        self.service.post(&path, token, &[("if-match", &seen)], body).await
    }

    pub(crate) async fn send(
        &self,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.service.send(Method::POST, path, &all, body).await
    }

    /// Hands in a file; returns where to ask how far it is.
    pub(crate) async fn hand_in(&self, file: impl Into<Body>) -> String {
        let path = "/api/catalog/v1/imports?currency=EUR";
        let answer = self.send(path, &self.staff, &[("content-type", "text/csv")], file).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        assert_eq!(answer.headers["location"], answer.json["status_url"].as_str().unwrap());
        answer.json["status_url"].as_str().unwrap().to_owned()
    }

    /// Imports a file to its end; returns what the API says of it then.
    pub(crate) async fn import(&self, file: impl Into<Body>) -> Value {
        let status = self.hand_in(file).await;
        let stop = CancellationToken::new();
        let working = tokio::spawn(importer(&self.service.db).run(stop.clone()));
        let ended = self.ended(&status).await;
        stop.cancel();
        working.await.unwrap().unwrap();
        ended
    }

    /// Waits until an import has ended.
    pub(crate) async fn ended(&self, status: &str) -> Value {
        eventually(|| async {
            let seen = self.service.get(status, &self.staff).await.json;
            (seen["state"] == "done" || seen["state"] == "refused").then_some(seen)
        })
        .await
    }

    pub(crate) async fn import_rows(&self, rows: &str) -> Value {
        self.import(format!("{HEADER}{rows}")).await
    }

    pub(crate) async fn product(&self, handle: &str) -> Value {
        let path = format!("{PRODUCTS}?q={handle}");
        self.service.get(&path, &self.staff).await.json["items"][0].clone()
    }
}

/// Who works imports off, and nothing else.
pub(crate) fn importer(db: &PgPool) -> Workers {
    catalog::importing(Service::new()).take_workers(db.clone())
}

/// A picture that is one by its first bytes.
pub(crate) fn png() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 64]].concat()
}
