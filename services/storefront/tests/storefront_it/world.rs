//! A storefront with everything behind it, and a browser that keeps its cookies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use clap::{Args as _, Command, FromArgMatches as _};
use http_body_util::BodyExt as _;
use kernel::{AccountId, SessionId};
use runtime::{App as _, Parts, Settings};
use tower::ServiceExt as _;
use web::{AccessClaims, Role, SigningKey, Verifier};

use crate::{search, services};

pub(crate) struct World {
    pub(crate) told: services::Shared,
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
    key: SigningKey,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(true).await
    }

    /// Nobody answers but search.
    pub(crate) async fn without_services() -> Self {
        Self::with(false).await
    }

    async fn with(services_up: bool) -> Self {
        let folder = std::env::temp_dir().join(format!("storefront-{}", SessionId::new()));
        std::fs::create_dir_all(&folder).unwrap();
        runtime::keys::write_pair(&folder, "storefront").unwrap();
        let public = runtime::keys::read_public(&folder, "storefront").unwrap();
        let gate = web::service_token::Gate::new("search", [("storefront", public)]).unwrap();
        let told = services::Shared::new(Mutex::new(services::Told {
            status: "placed",
            ..Default::default()
        }));
        let grpc = search::serve(gate, Arc::clone(&told)).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rest = format!("http://{}", listener.local_addr().unwrap());
        if services_up {
            let routes = services::routes(Arc::clone(&told));
            tokio::spawn(async move { axum::serve(listener, routes).await });
        } else {
            drop(listener);
        }
        let mut flags = vec![
            "storefront".to_owned(),
            "--kafka-brokers=none".to_owned(),
            format!("--keys-dir={}", folder.display()),
            format!("--search-grpc-url={grpc}"),
            "--payment-provider-url=http://127.0.0.1:8121".to_owned(),
        ];
        for service in ["auth", "orders", "pricing", "payments", "catalog", "shipping"] {
            flags.push(format!("--{service}-url={rest}"));
        }
        let command =
            storefront::Config::augment_args(Settings::augment_args(Command::new("storefront")));
        let matches = command.get_matches_from(flags);
        let key = SigningKey::generate();
        let verifier = Verifier::default();
        verifier.learn(&key.public(i64::MAX)).unwrap();
        let parts = Parts::new(Settings::from_arg_matches(&matches).unwrap(), verifier, None);
        let config = storefront::Config::from_arg_matches(&matches).unwrap();
        let mut service = storefront::App::service(&parts, config).await.unwrap();
        let router = runtime::router("storefront", "0", &mut service, &parts);
        std::fs::remove_dir_all(folder).unwrap();
        let world = Self { told, router, cookies: Mutex::default(), key };
        world.told.lock().unwrap().access = world.token(600);
        world
    }

    /// An access token that counts for so many seconds.
    pub(crate) fn token(&self, seconds: i64) -> String {
        let now = kernel::unix_seconds();
        let claims = AccessClaims {
            iss: "auth".to_owned(),
            aud: "flotilla".to_owned(),
            sub: AccountId::derived(b"ada"),
            sid: SessionId::derived(b"ada"),
            roles: vec![Role::Shopper],
            iat: now,
            exp: now + seconds,
        };
        self.key.sign("at+jwt", &claims).unwrap()
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn send(&self, request: Builder, body: impl Into<Body>) -> Page {
        let jar: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request.header(header::COOKIE, jar.join("; ")).body(body.into()).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            for rule in ["HttpOnly", "Secure", "Path=/", "SameSite=Lax"] {
                assert!(cookie.split("; ").any(|part| part == rule), "{cookie} without {rule}");
            }
            assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            if value.is_empty() {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::builder().uri(path), String::new()).await
    }

    /// Posts a form as a page of the shop does.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(request, body).await
    }

    /// Posts a form with a file, as browsers do (RFC 7578); without one the file's part is empty.
    pub(crate) async fn post_file(&self, fields: &[(&str, &str)], file: &[u8]) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
        }
        let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"oar.png\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n";
        body.extend([head.as_bytes(), file, b"\r\n--edge--\r\n"].concat());
        let request = Request::builder()
            .method(Method::POST)
            .uri("/sell")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.send(request, body).await
    }

    /// Signs Ada in.
    pub(crate) fn sign_in(&self) {
        self.set_cookie(web::cookies::ACCESS, &self.token(600));
    }
}
