//! Each service's OpenAPI document is kept in `docs/openapi`, so that nobody changes an API by accident.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use axum::body::Body;
use clap::{Args as _, Command, FromArgMatches as _};
use futures::future::BoxFuture;
use http::Request;
use http_body_util::BodyExt as _;
use runtime::{App, Parts, Settings};
use serde_json::Value;
use tower::ServiceExt as _;
use web::Verifier;

use super::ALL;

/// Makes a document; services read their keys in that folder.
pub(super) type Document = fn(PathBuf) -> BoxFuture<'static, Value>;

/// The document as the service itself answers it; no database is asked for it.
pub(super) async fn document<A: App>(keys: PathBuf) -> Value {
    let command = A::Config::augment_args(Settings::augment_args(Command::new(A::NAME)));
    let mut flags = vec![A::NAME.to_owned(), format!("--keys-dir={}", keys.display())];
    for needed in command.get_arguments().filter(|argument| argument.is_required_set()) {
        let name = needed.get_long().unwrap();
        let value = match name {
            "kafka-brokers" => "none",
            "smtp-url" => "smtp://127.0.0.1:9",
            _ if name.ends_with("url") => "http://127.0.0.1:9",
            _ => "a-secret-of-32-letters-or-more-00",
        };
        flags.push(format!("--{name}={value}"));
    }
    let matches = command.get_matches_from(flags);
    let settings = Settings::from_arg_matches(&matches).unwrap();
    let config = A::Config::from_arg_matches(&matches).unwrap();
    let db = sqlx::PgPool::connect_lazy("postgres://127.0.0.1:9/none").unwrap();
    let parts = Parts::new(settings, Verifier::default(), Some(db));
    let mut service = A::service(&parts, config).await.unwrap();
    let router = runtime::router(A::NAME, A::VERSION, &mut service, &parts);
    let path = format!("/api/{}/openapi.json", A::NAME);
    let answer = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn no_api_changes_by_accident() {
    let keys = std::env::temp_dir().join(format!("openapi-{}", kernel::OrderId::new()));
    crate::tools::keys(&keys).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi");
    // Said by a person, once, to the test only: no setting of anything that runs.
    let renew = std::env::var_os("RENEW_OPENAPI").is_some();
    let (mut kept, mut changed) = (BTreeSet::new(), Vec::new());
    for service in ALL {
        let document = (service.document)(keys.clone()).await;
        if document["paths"].as_object().is_none_or(serde_json::Map::is_empty) {
            continue;
        }
        let now = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
        let file = format!("{}.json", service.name);
        if renew {
            std::fs::write(folder.join(&file), &now).unwrap();
        }
        if std::fs::read_to_string(folder.join(&file)).ok().as_deref() != Some(now.as_str()) {
            changed.push(service.name);
        }
        kept.insert(file);
    }
    std::fs::remove_dir_all(keys).unwrap();

    assert!(
        changed.is_empty(),
        "the APIs of {changed:?} are not what docs/openapi says. If that is wanted, run \
         `RENEW_OPENAPI=1 cargo test -p flotilla openapi`, read the diff, and commit it."
    );
    let files = std::fs::read_dir(&folder).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, kept, "docs/openapi has a document of no service");
}
