//! A whole service on a test database: its real router, handlers and workers, without ports and brokers.

use axum::Router;
use axum::body::Body;
use clap::{Args as _, Command, FromArgMatches as _};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kernel::{AccountId, SessionId};
use messaging::{Event, Handlers, Meta, Tx, Undelivered, Workers};
use runtime::{App, Parts, Service, Settings};
use serde_json::Value;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use web::{AccessClaims, Role, SigningKey, Verifier};

use crate::{Published, published};

/// A service under test.
#[derive(Debug)]
pub struct TestService {
    /// The service's database.
    pub db: PgPool,
    router: Router,
    service: Service,
    key: SigningKey,
    stop: CancellationToken,
}

impl Drop for TestService {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer of the service.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub json: Value,
}

impl Answer {
    /// The problem's code, empty when it is no problem.
    #[must_use]
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// The names of the wrong fields.
    #[must_use]
    pub fn wrong_fields(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str()).collect()
    }
}

impl TestService {
    /// Starts a service with flags such as `["--public-url", "http://shop.test"]` on a database that has
    /// the service's own migrations (`#[sqlx::test]` applies them); the shared ones are added.
    ///
    /// # Panics
    /// When the service does not start.
    pub async fn start<A: App>(db: PgPool, flags: &[&str]) -> Self {
        let mut conn = db.acquire().await.unwrap();
        runtime::migrate_shared(&mut conn).await.unwrap();
        drop(conn);
        let command = Settings::augment_args(Command::new(A::NAME));
        let command = A::Config::augment_args(command);
        let flags = [A::NAME, "--kafka-brokers", "none"].iter().chain(flags);
        let matches = command.get_matches_from(flags);
        let settings = Settings::from_arg_matches(&matches).unwrap();
        let config = A::Config::from_arg_matches(&matches).unwrap();

        let key = SigningKey::generate();
        let verifier = Verifier::default();
        verifier.learn(&key.public(i64::MAX)).unwrap();
        let parts = Parts::new(settings, verifier, Some(db.clone()));
        let mut service = A::service(&parts, config).await.unwrap();
        let router = runtime::router(A::NAME, A::VERSION, &mut service, &parts);
        Self { db, router, service, key, stop: CancellationToken::new() }
    }

    /// Runs the service's workers until the test ends.
    #[must_use]
    pub fn working(mut self) -> Self {
        tokio::spawn(self.take_workers().run(self.stop.clone()));
        self
    }

    /// The service's workers, for a test that runs them itself.
    pub fn take_workers(&mut self) -> Workers {
        self.service.take_workers(self.db.clone())
    }

    /// An access token of an account.
    ///
    /// # Panics
    /// When it cannot be signed.
    #[must_use]
    pub fn token(&self, account: AccountId, roles: &[Role]) -> String {
        self.token_until(account, roles, kernel::unix_seconds() + 600)
    }

    /// An access token that expires at a time (Unix seconds).
    ///
    /// # Panics
    /// When it cannot be signed.
    #[must_use]
    pub fn token_until(&self, account: AccountId, roles: &[Role], exp: i64) -> String {
        let claims = AccessClaims {
            iss: "auth".to_owned(),
            aud: "flotilla".to_owned(),
            sub: account,
            sid: SessionId::new(),
            roles: roles.to_vec(),
            iat: kernel::unix_seconds(),
            exp,
        };
        self.key.sign("at+jwt", &claims).unwrap()
    }

    /// A token of somebody who runs the shop.
    #[must_use]
    pub fn staff(&self) -> String {
        self.token(AccountId::new(), &[Role::Shopper, Role::Staff])
    }

    /// Sends a request; headers such as `[("authorization", "Bearer …")]`.
    ///
    /// # Panics
    /// When the service gives no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            json: serde_json::from_slice(&bytes).unwrap_or_default(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// GETs a path, as the owner of a token or as nobody (`""`).
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let headers = if token.is_empty() { &[][..] } else { &headers[..] };
        self.send(Method::GET, path, headers, Body::empty()).await
    }

    /// POSTs JSON, as the owner of a token or as nobody (`""`), with further headers.
    pub async fn post(
        &self,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![(header::CONTENT_TYPE.as_str(), "application/json")];
        if !token.is_empty() {
            all.push(("authorization", bearer.as_str()));
        }
        all.extend(headers);
        self.send(Method::POST, path, &all, body.to_string()).await
    }

    /// Hands an event to the service's handler in one transaction, as the consumer would.
    ///
    /// # Errors
    /// What the handler said; nothing has changed then.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn hear<E: Event>(&self, event: &E) -> Result<(), Undelivered> {
        let meta = Meta::now(E::TOPIC, E::TYPE, event.key(), event.subject());
        let mut tx = Tx::begin(&self.db).await.unwrap();
        self.service.handlers().deliver(&mut tx, &[(meta, event.encode())]).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// What the service hears.
    #[must_use]
    pub const fn handlers(&self) -> &Handlers {
        self.service.handlers()
    }

    /// Everything that the service has said so far.
    pub async fn published(&self) -> Vec<Published> {
        published(&self.db).await
    }

    /// The names of everything that the service has said so far.
    pub async fn published_names(&self) -> Vec<String> {
        self.published().await.iter().map(|event| event.name().to_owned()).collect()
    }
}
