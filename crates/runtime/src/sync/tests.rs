//! Who waits, for how long, and what is said to whom.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use axum::body::Body;
use axum::{Extension, Router, middleware};
use tower::ServiceExt as _;

use super::*;

/// A model of one aggregate, whose version a test sets.
struct Model {
    version: AtomicI64,
    looks: AtomicUsize,
    changes: watch::Sender<u64>,
}

impl Model {
    fn new() -> Arc<Self> {
        let (version, looks) = (AtomicI64::new(4), AtomicUsize::new(0));
        Arc::new(Self { version, looks, changes: watch::channel(0).0 })
    }

    fn reach(&self, version: i64) {
        self.version.store(version, Ordering::Release);
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn looks(&self) -> usize {
        self.looks.load(Ordering::Acquire)
    }
}

impl ReadModel for Arc<Model> {
    fn look<'a>(&'a self, writes: &'a [Awaited]) -> BoxFuture<'a, Result<Vec<Seen>, sqlx::Error>> {
        self.looks.fetch_add(1, Ordering::AcqRel);
        let version = self.version.load(Ordering::Acquire);
        let seen = |one: &Awaited| {
            let shown = one.write.version <= version;
            Seen { version, shown, step: None }
        };
        let seen = writes.iter().map(seen).collect();
        Box::pin(async move { Ok(seen) })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

fn wanted(token: &str, wait_ms: u64) -> Wanted {
    let wait = Duration::from_millis(wait_ms);
    Wanted { token: token.parse().unwrap(), wait, strict: false }
}

async fn waited(readers: &Readers, wanted: &Wanted) -> (u128, String) {
    let begun = Instant::now();
    let lags = readers.wait(wanted).await.unwrap();
    let lags: Vec<String> = lags.iter().map(ToString::to_string).collect();
    (begun.elapsed().as_millis(), lags.join(", "))
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_what_is_there_does_not_wait() {
    let readers = Readers::of(Model::new());

    assert_eq!(waited(&readers, &wanted("t/a;v=4", 2_000)).await, (0, String::new()));
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_woken_at_once_by_a_change() {
    let model = Model::new();
    let readers = Readers::of(Arc::clone(&model));

    let changes = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        model.reach(5);
        tokio::time::sleep(Duration::from_millis(7)).await;
        model.reach(6);
    };
    let want = wanted("t/a;v=6", 2_000);
    let (waited, ()) = tokio::join!(waited(&readers, &want), changes);

    assert_eq!((waited, model.looks()), ((37, String::new()), 3));
}

#[tokio::test(start_paused = true)]
async fn what_another_process_brought_is_found_by_looking() {
    let model = Model::new();
    let readers = Readers::of(Arc::clone(&model));

    let elsewhere = async {
        tokio::time::sleep(Duration::from_millis(130)).await;
        model.version.store(5, Ordering::Release);
    };
    let want = wanted("t/a;v=5", 2_000);
    let (waited, ()) = tokio::join!(waited(&readers, &want), elsewhere);

    assert_eq!(waited, (200, String::new()));
}

#[tokio::test(start_paused = true)]
async fn who_has_no_more_time_hears_by_how_much_the_answer_is_behind() {
    let readers = Readers::of(Model::new());

    let patient = waited(&readers, &wanted("t/a;v=4, t/a;v=7", 250)).await;
    let hasty = waited(&readers, &wanted("t/a;v=5", 0)).await;

    assert_eq!(patient, (250, "t/a;behind=3".to_owned()));
    assert_eq!(hasty, (0, "t/a;behind=1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn only_so_many_wait_and_the_others_are_answered_at_once() {
    let readers = Readers::of(Model::new());
    let waiting: Vec<_> = (0..PLACES)
        .map(|_| {
            let readers = readers.clone();
            tokio::spawn(async move { waited(&readers, &wanted("t/a;v=5", 2_000)).await.0 })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1)).await;

    let one_more = waited(&readers, &wanted("t/a;v=5", 2_000)).await.0;

    assert_eq!(one_more, 0);
    for waits in waiting {
        assert_eq!(waits.await.unwrap(), 2_000);
    }
    assert_eq!(waited(&readers, &wanted("t/a;v=5", 100)).await.0, 100);
}

/// What a read model behind the layer answers: status of HTTP and of gRPC, code, lag.
async fn asked(headers: &[(&str, &str)]) -> (u16, String, String, String) {
    let readers = Readers::of(Model::new());
    let routes = Router::new()
        .fallback(async |fresh: Option<Extension<Fresh>>| format!("{}", fresh.is_some()))
        .layer(middleware::from_fn_with_state(readers, wait));
    let mut request = http::Request::post("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let said = |name| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
    let (grpc, lag) = (said("grpc-status").to_owned(), said("sync-lag").to_owned());
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let code = body.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next());
    (status, grpc, code.unwrap_or(&body).to_owned(), lag)
}

fn answer(status: u16, grpc: &str, said: &str, lag: &str) -> (u16, String, String, String) {
    (status, grpc.to_owned(), said.to_owned(), lag.to_owned())
}

#[tokio::test(start_paused = true)]
async fn http_and_grpc_hear_the_same() {
    let grpc = ("content-type", "application/grpc+proto");
    let (here, missing) = (("sync-token", "t/a;v=4"), ("sync-token", "t/a;v=5"));
    let strict = ("prefer", "wait=1, handling=strict");

    assert_eq!(asked(&[]).await, answer(200, "", "false", ""));
    assert_eq!(asked(&[here, strict]).await, answer(200, "", "true", ""));
    assert_eq!(asked(&[missing]).await, answer(200, "", "true", "t/a;behind=1"));
    let behind = answer(503, "", "read_model_behind", "t/a;behind=1");
    assert_eq!(asked(&[missing, strict]).await, behind);
    assert_eq!(asked(&[grpc, missing, strict]).await, answer(200, "14", "", "t/a;behind=1"));
    assert_eq!(asked(&[("sync-token", "?")]).await, answer(400, "", "malformed_sync_token", ""));
    assert_eq!(asked(&[grpc, ("sync-token", "?")]).await, answer(200, "3", "", ""));
}

#[tokio::test]
async fn only_what_others_show_is_told() {
    let topics: Arc<[&'static str]> = Arc::from(["shown.v1"]);
    let write = |topic: &str| messaging::Written {
        topic: topic.to_owned(),
        subject: "a".to_owned(),
        version: 1,
    };
    let writes = async move || messaging::wrote_before(["secret.v1", "shown.v1"].map(write));
    let routes = Router::new()
        .route("/", axum::routing::post(writes))
        .layer(middleware::from_fn_with_state(topics, tell));

    let request = http::Request::post("/").body(Body::empty()).unwrap();
    let answer = routes.oneshot(request).await.unwrap();

    let token = answer.headers()["sync-token"].to_str().unwrap();
    assert!(token.starts_with("shown.v1/a;v=1;t=") && !token.contains("secret"), "{token}");
}
