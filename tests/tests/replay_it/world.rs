//! A read model between a real Postgres and a real Kafka: somebody says much, a consumer keeps it.

use std::time::{Duration, Instant};

use contracts::catalog::{
    CategoryDefined, MediaAdded, ProductCreated, ProductPublished, ProductTitleChanged,
    VariantAdded,
};
use contracts::common::Money;
use contracts::inventory::StockLevelChanged;
use contracts::pricing::PriceSet;
use kernel::{MediaId, ProductId, VariantId};
use messaging::{
    Consumer, Handlers, Metrics, Outgoing, Relay, RelaySettings, TopicSpec, Tx, create_topics,
};
use runtime::{App as _, Rebuild};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const PARTITIONS: i32 = 3;
/// So many events share a transaction of those who say them.
const AT_ONCE: u64 = 1_000;
/// One product for so many events; most tell of stock and prices.
const EVENTS_A_PRODUCT: u64 = 200;
const SIZES: [&str; 2] = ["s", "m"];

/// Everything that is there; ends with it.
pub(crate) struct World {
    /// The database of those who say.
    pub(crate) said: PgPool,
    /// The read model's, as the service sees it.
    pub(crate) model: PgPool,
    url: String,
    brokers: String,
    products: u64,
    running: JoinSet<()>,
    stop: CancellationToken,
}

impl World {
    /// Makes two databases on the server and the topics, all anew, for `events` events.
    pub(crate) async fn new(server: &PgConnectOptions, brokers: &str, events: u64) -> Self {
        let said = database(server, "replay_said").await;
        messaging::migrate(&said).await.unwrap();
        let empty = database(server, "replay_model").await;
        let url = empty.connect_options().to_url_lossy().to_string();
        runtime::migrate::<search::App>(&url.clone().into(), None).await.unwrap();
        // New connections, which find the schema that was made.
        empty.close().await;
        let model = PgPool::connect(&url).await.unwrap();
        make_topics_anew(brokers).await;
        let (running, stop) = (JoinSet::new(), CancellationToken::new());
        let products = (events / EVENTS_A_PRODUCT).max(1);
        Self { said, model, url, brokers: brokers.to_owned(), products, running, stop }
    }

    /// Starts the relay of those who say.
    pub(crate) fn relay(&mut self) {
        let settings = RelaySettings { partitions: PARTITIONS, ..RelaySettings::default() };
        let relay = Relay::new("said", &self.brokers, self.said.clone(), settings, metrics());
        let stop = self.stop.clone();
        self.running.spawn(async move { relay.run(stop).await.unwrap() });
    }

    /// Has the search service hear everything, and starts what it goes on with.
    pub(crate) async fn live(&mut self) {
        let handlers = Handlers::new().projecting(search::App::model().unwrap().projections());
        let (db, stop) = (self.model.clone(), self.stop.clone());
        let consumer = Consumer::new("search", &self.brokers, db, metrics(), handlers);
        self.running.spawn(async move { consumer.run(stop).await.unwrap() });
        // A new model has one note that everything is to be prepared, and needs no others until then.
        self.until_heard().await;
        let (db, stop) = (self.model.clone(), self.stop.clone());
        self.running.spawn(async move {
            while !stop.is_cancelled() {
                search::refresh(&db).await.unwrap();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        self.until_all_is_heard().await;
    }

    /// Says the whole story of the catalogue, then stock and prices until there are `events`.
    pub(crate) async fn say(&self, events: u64) {
        let mut out = self.catalogue();
        let mut n = 0;
        while out.len() < usize::try_from(events).unwrap() {
            out.push(self.change(n));
            n += 1;
        }
        let mut out = out.into_iter().peekable();
        while out.peek().is_some() {
            let mut tx = Tx::begin(&self.said).await.unwrap();
            let some: Vec<Outgoing> =
                out.by_ref().take(usize::try_from(AT_ONCE).unwrap()).collect();
            messaging::append(&mut tx, some).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    /// Goes on saying, so many a second, until `enough`; says how many.
    pub(crate) async fn go_on(&self, a_second: u64, enough: CancellationToken) -> u64 {
        let (mut n, mut beat) = (1_000_000_000, tokio::time::interval(Duration::from_millis(100)));
        let first = n;
        while !enough.is_cancelled() {
            beat.tick().await;
            let mut tx = Tx::begin(&self.said).await.unwrap();
            let some = (n..n + a_second / 10).map(|n| self.change(n));
            messaging::append(&mut tx, some).await.unwrap();
            tx.commit().await.unwrap();
            n += a_second / 10;
        }
        n - first
    }

    fn catalogue(&self) -> Vec<Outgoing> {
        let mut out: Vec<Outgoing> = (0..20).map(category).collect();
        for n in 0..self.products {
            let (handle, product_id) = (format!("product-{n}"), product(n));
            let created = ProductCreated {
                product_id: product_id.clone(),
                title: format!("Product {n} of oak and brass"),
                description_html: "<p>Made by hand, for years at sea.</p>".into(),
                category: format!("category-{}", n % 20),
                vendor: "Harbour & Sons".into(),
                options: vec!["Size".into()],
                handle: handle.clone(),
                ..ProductCreated::default()
            };
            out.push(Outgoing::new(&created).version(1));
            for (size, position) in SIZES.into_iter().zip(1..) {
                let variant = VariantAdded {
                    product_id: product_id.clone(),
                    variant_id: VariantId::derived(sku(n, size).as_bytes()).to_string(),
                    sku: sku(n, size),
                    option_values: vec![size.into()],
                    tracked: true,
                    position,
                    ..VariantAdded::default()
                };
                out.push(Outgoing::new(&variant).version(1 + i64::from(position)));
            }
            let media = MediaAdded {
                product_id: product_id.clone(),
                media_id: MediaId::derived(handle.as_bytes()).to_string(),
                url: format!("/media/{handle}.svg"),
                alt: handle,
                position: 1,
            };
            out.push(Outgoing::new(&media).version(4));
            out.push(Outgoing::new(&ProductPublished { product_id }).version(5));
        }
        out
    }

    /// The `n`-th change: mostly stock, now and then a price or a title.
    fn change(&self, n: u64) -> Outgoing {
        let (product, version) = (mixed(n) % self.products, i64::try_from(n).unwrap() + 10);
        let sku = sku(product, SIZES[usize::try_from(mixed(n) >> 32).unwrap() % SIZES.len()]);
        let worth = i64::try_from(mixed(n) >> 50).unwrap();
        if n.is_multiple_of(50) {
            let product_id = self::product(product);
            let title = format!("Product {product}, edition {n}");
            return Outgoing::new(&ProductTitleChanged { product_id, title }).version(version);
        }
        if n.is_multiple_of(5) {
            let price = Some(Money { minor: 100 + worth, currency: "EUR".into() });
            let price_list = "default".into();
            let set = PriceSet { sku, price_list, price, ..PriceSet::default() };
            return Outgoing::new(&set).version(version);
        }
        let level = StockLevelChanged { sku, tracked: true, on_hand: worth, available: worth };
        Outgoing::new(&level).version(version)
    }

    /// A rebuild of the read model.
    pub(crate) fn rebuild(&self) -> Rebuild {
        let (url, brokers) = (self.url.clone().into(), self.brokers.clone());
        Rebuild::of::<search::App>(url, brokers, None).unwrap()
    }

    /// Waits until the live model has everything that was said, and its documents.
    pub(crate) async fn until_all_is_heard(&self) {
        self.until_heard().await;
        let stale = "select count(*) from stale";
        while sqlx::query_scalar::<_, i64>(stale).fetch_one(&self.model).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn until_heard(&self) {
        let (begun, said) = (Instant::now(), self.last_of_topics().await);
        while self.heard().await != said {
            assert!(begun.elapsed() < Duration::from_secs(600), "not all of {said:?} is heard");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The last sequence number said in each topic.
    async fn last_of_topics(&self) -> Vec<(String, i64)> {
        let last = "select topic, max(seq) from messaging.outbox group by topic order by topic";
        sqlx::query_as(last).fetch_all(&self.said).await.unwrap()
    }

    async fn heard(&self) -> Vec<(String, i64)> {
        let heard = "select topic, max(seq) from messaging.consumer_progress
             where consumer = 'search' group by topic order by topic";
        sqlx::query_as(heard).fetch_all(&self.model).await.unwrap()
    }

    /// Events, jobs and parked messages of the read model's service: there must never be any.
    pub(crate) async fn sent(&self) -> i64 {
        let sent =
            "select (select count(*) from messaging.outbox) + (select count(*) from messaging.job)
             + (select count(*) from messaging.parked)";
        sqlx::query_scalar(sent).fetch_one(&self.model).await.unwrap()
    }

    /// Compares the live tables with the replaced ones, both ways; says how many rows there are.
    pub(crate) async fn compare(&self) -> i64 {
        let mut rows = 0;
        for table in
            ["categories", "products", "variants", "media", "prices", "stock", "stale", "documents"]
        {
            let count = format!("select count(*) from model.{table}");
            let count = sqlx::query_scalar::<_, i64>(AssertSqlSafe(count));
            rows += count.fetch_one(&self.model).await.unwrap();
            for (one, other) in [("model", "model_replaced"), ("model_replaced", "model")] {
                let only = format!(
                    "select count(*) from (select t::text from {one}.{table} t
                     except all select t::text from {other}.{table} t) as rows"
                );
                let only = sqlx::query_scalar::<_, i64>(AssertSqlSafe(only));
                let only = only.fetch_one(&self.model).await.unwrap();
                assert_eq!(only, 0, "rows of {table} that only {one} has");
            }
        }
        rows
    }

    /// Ends everything, and drops the databases.
    pub(crate) async fn end(mut self, server: &PgConnectOptions) {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
        let server = PgPool::connect_with(server.clone()).await.unwrap();
        for pool in [self.said, self.model] {
            let name = pool.connect_options().get_database().unwrap_or_default().to_owned();
            let drop = format!("drop database {name} with (force)");
            sqlx::query(AssertSqlSafe(drop)).execute(&server).await.unwrap();
        }
    }
}

fn product(n: u64) -> String {
    ProductId::derived(format!("product-{n}").as_bytes()).to_string()
}

fn sku(product: u64, size: &str) -> String {
    format!("product-{product}/{size}")
}

fn category(n: i32) -> Outgoing {
    let (slug, name) = (format!("category-{n}"), format!("Category {n}"));
    Outgoing::new(&CategoryDefined { slug, name, position: n })
}

/// Numbers that look drawn, and are the same each time (`SplitMix64`).
fn mixed(n: u64) -> u64 {
    let mut mixed = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn metrics() -> Metrics {
    Metrics::register(&mut prometheus_client::registry::Registry::default())
}

async fn database(server: &PgConnectOptions, name: &str) -> PgPool {
    let pool = PgPool::connect_with(server.clone()).await.unwrap();
    for statement in
        [format!("drop database if exists {name} with (force)"), format!("create database {name}")]
    {
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    PgPool::connect_with(server.clone().database(name)).await.unwrap()
}

/// Topics are deleted and made again; the broker takes its time for the first.
async fn make_topics_anew(brokers: &str) {
    use rdkafka::admin::{AdminClient, AdminOptions};
    let client: AdminClient<rdkafka::client::DefaultClientContext> =
        rdkafka::ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let topics: Vec<&str> = search::App::model().unwrap().projections().topics().collect();
    client.delete_topics(&topics, &AdminOptions::new()).await.unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    for topic in topics {
        let wanted = TopicSpec { name: topic.to_owned(), partitions: PARTITIONS, retention_ms: -1 };
        let wanted = std::slice::from_ref(&wanted);
        // Until the old one is gone it is found again.
        while create_topics(brokers, wanted).await.map_or(true, |made| made.created.is_empty()) {
            assert!(Instant::now() < until, "the old topic never went");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
