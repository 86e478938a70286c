//! A service on a clock that the test sets, and what tests do again and again.

use auth::{Config, Passwords};
use contracts::auth::{EmailConfirmationRequested, PasswordResetRequested};
use kernel::Clock;
use runtime::{Parts, Service};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use testkit::{Answer, Published, TestService};

pub(crate) const PASSWORD: &str = "kornblume am feld";
pub(crate) const EMAIL: &str = "ada@example.org";

tokio::task_local! {
    static SET: (Clock, Passwords);
}

/// Auth, on the clock and the hasher of the test that starts it.
struct OnTestClock;

impl runtime::App for OnTestClock {
    const NAME: &'static str = "auth";
    const VERSION: &'static str = "test";
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        auth::App::migrations()
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let (clock, passwords) = SET.with(Clone::clone);
        auth::service(parts, &config, clock, passwords)
    }
}

pub(crate) struct TestAuth {
    pub(crate) service: TestService,
    pub(crate) clock: Clock,
    pub(crate) passwords: Passwords,
}

impl TestAuth {
    pub(crate) async fn start(db: PgPool) -> Self {
        Self::start_with(db, &[]).await
    }

    pub(crate) async fn start_with(db: PgPool, flags: &[&str]) -> Self {
        let (clock, passwords) = (Clock::default(), Passwords::new(2, 64));
        let set = (clock.clone(), passwords.clone());
        let service = SET.scope(set, TestService::start::<OnTestClock>(db, flags)).await;
        Self { service, clock, passwords }
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.service.post(&format!("/api/auth/v1{path}"), token, &[], body).await
    }

    pub(crate) async fn post_from(&self, path: &str, address: &str, body: &Value) -> Answer {
        let path = format!("/api/auth/v1{path}");
        self.service.post(&path, "", &[("x-forwarded-for", address)], body).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.service.get(&format!("/api/auth/v1{path}"), token).await
    }

    /// Signs up; the mail with the token is not read yet.
    pub(crate) async fn sign_up(&self, email: &str) -> Answer {
        let body = json!({ "email": email, "password": PASSWORD, "name": "Ada" });
        self.post("/accounts", "", &body).await
    }

    pub(crate) async fn sign_in_with(&self, email: &str, password: &str) -> Answer {
        self.post("/sessions", "", &json!({ "email": email, "password": password })).await
    }

    /// Signs in; panics unless that works.
    pub(crate) async fn sign_in(&self, email: &str) -> SignedIn {
        SignedIn::from(self.sign_in_with(email, PASSWORD).await)
    }

    /// A new account, signed in.
    pub(crate) async fn newcomer(&self) -> SignedIn {
        assert_eq!(self.sign_up(EMAIL).await.status, 202);
        self.sign_in(EMAIL).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/sessions/refresh", "", &json!({ "refresh_token": token })).await
    }

    pub(crate) async fn staff(&self) -> SignedIn {
        auth::create_staff(&self.service.db, "boss@example.org", PASSWORD, "Boss").await.unwrap();
        self.sign_in("boss@example.org").await
    }

    pub(crate) async fn last(&self, name: &str) -> Published {
        let said = self.service.published().await;
        said.into_iter().rfind(|event| event.name() == name).unwrap()
    }

    pub(crate) async fn count(&self, name: &str) -> usize {
        let said = self.service.published_names().await;
        said.iter().filter(|said| said.as_str() == name).count()
    }

    /// The token in the last mail to confirm an address with.
    pub(crate) async fn confirmation(&self) -> String {
        self.last("EmailConfirmationRequested").await.read::<EmailConfirmationRequested>().token
    }

    /// The token in the last mail to set a password with.
    pub(crate) async fn reset(&self) -> String {
        self.last("PasswordResetRequested").await.read::<PasswordResetRequested>().token
    }
}

/// What a program keeps once it is signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) session: String,
    pub(crate) account: Value,
}

impl From<Answer> for SignedIn {
    fn from(answer: Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text);
        let text = |name: &str| answer.json[name].as_str().unwrap().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
            session: text("session_id"),
            account: answer.json["account"].clone(),
        }
    }
}
