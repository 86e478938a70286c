//! Measures the fleet as its users and its owner feel it: latency, throughput, CPU time, memory, start-up.
//!
//! Read `load` and `orders` (what is asked), `cpu` (what it costs), then `report` (what is said about it).
//! The load generator shares the machine but is left out of every CPU figure.

#![expect(clippy::print_stdout, reason = "it is a program's work and this is how it speaks")]

mod cpu;
mod events;
mod figure;
mod goods;
mod load;
mod machine;
mod orders;
mod ready;
mod report;
mod rest;
mod zipf;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use kernel::{Currency, Money};
use tokio::time::{Instant, sleep};

use self::figure::{Milli, percentile};
use self::load::{Asked, CONNECTIONS, Page};
use self::orders::Ordered;
use self::report::Part;
use self::rest::Watch;
use crate::fleet::{Fleet, FleetError};
use crate::shop::{Account, Error as ShopError, Shop};

/// `./dev bench`: measures the release build on parts of its own.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Options {
    /// Generated products.
    #[arg(long, default_value_t = 10_000)]
    products: usize,
    /// Seconds that each part is measured for.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Where the figures go.
    #[arg(long, default_value = "target/bench/main.json")]
    out: PathBuf,
    /// Measures orders alone, for work on them; the figures of the rest are left out.
    #[arg(long)]
    orders_only: bool,
    /// What the fleet's topics were made with; said, not set.
    #[arg(long, env = "TOPIC_PARTITIONS", default_value_t = 12, hide = true)]
    topic_partitions: i32,
    #[command(flatten)]
    fleet: Fleet,
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error(transparent)]
    Shop(#[from] ShopError),
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("writing the figures: {0}")]
    Write(#[from] std::io::Error),
}

/// A price change must be seen this soon.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

/// Runs the program.
pub async fn run(options: Options) -> ExitCode {
    match measure(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("nothing measured: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Bench<'a> {
    options: &'a Options,
    shop: Shop,
    staff: Account,
    watch: Watch,
    parts: Vec<Part>,
    figures: Vec<(&'static str, Milli)>,
    good: bool,
}

async fn measure(options: &Options) -> Result<bool, BenchError> {
    let shop = Shop::of_environment()?;
    machine::describe().iter().for_each(|line| println!("{line}"));
    println!("{}", machine::settings(&options.fleet).await?);
    println!(
        "settings   {} products, {CONNECTIONS} connections, {} s a part, {} partitions a topic, nginx in front without a cache",
        options.products, options.seconds, options.topic_partitions
    );
    let staff = shop.sign_in_staff().await?;
    let progress = |done, total| println!("  {done} of {total} products imported");
    let took = goods::import(&shop, &staff, options.products, progress).await?;
    println!("imported   {} products in {} s", options.products, took.as_secs());
    let mut watch = Watch::open(&options.fleet).await?;
    println!("at rest    after {} s", watch.rest().await?.as_secs());
    let pss_kb = cpu::services_pss_kb(&options.fleet)?;
    let (parts, figures) = (Vec::new(), Vec::new());
    let mut bench = Bench { options, shop, staff, watch, parts, figures, good: true };
    bench.idling().await?;
    if !options.orders_only {
        bench.reading(Page::Product, "product", "product_cpu_ms", Some("product_per_s")).await?;
        bench.reading(Page::List, "list", "list_cpu_ms", Some("list_per_s")).await?;
        bench.reading(Page::Html, "page", "page_cpu_ms", None).await?;
    }
    bench.ordering().await?;
    bench.memory(pss_kb)?;
    bench.starting().await?;
    bench.report()
}

impl Bench<'_> {
    fn time(&self) -> Duration {
        Duration::from_secs(self.options.seconds)
    }

    /// What the fleet costs when nobody asks anything: a part whose unit is a second.
    async fn idling(&mut self) -> Result<(), BenchError> {
        let before = cpu::usage(&self.options.fleet)?;
        sleep(self.time()).await;
        let used = cpu::between(&before, &cpu::usage(&self.options.fleet)?);
        self.parts.push(Part { name: "idle second", count: self.options.seconds, used });
        Ok(())
    }

    async fn reading(
        &mut self,
        page: Page,
        name: &'static str,
        cpu_ms: &'static str,
        per_s: Option<&'static str>,
    ) -> Result<(), BenchError> {
        let many = if page == Page::List { goods::CATEGORIES } else { self.options.products };
        let places = self.shop.places().clone();
        load::ask(&places, page, many, self.time() / 5).await?;
        let before = cpu::usage(&self.options.fleet)?;
        let asking = load::ask(&places, page, many, self.time());
        let mut asked = match page {
            Page::Product => {
                let (asked, seen) = tokio::join!(asking, self.change_a_price());
                self.check("a price change is visible within 2 s under load", seen?);
                asked?
            }
            Page::List | Page::Html => asking.await?,
        };
        let used = cpu::between(&before, &cpu::usage(&self.options.fleet)?);
        let part = Part { name, count: asked.answers, used };
        let per_second = Milli::per_second(asked.answers, asked.time);
        println!("{}", described(name, &mut asked, per_second));
        self.check(&format!("every {name} was answered rightly"), asked.failures == 0);
        self.figures.push((cpu_ms, part.each()));
        self.figures.extend(per_s.map(|key| (key, per_second)));
        self.parts.push(part);
        Ok(())
    }

    /// In the middle of the load, the price of the most popular product changes; true when its page says
    /// so in time.
    async fn change_a_price(&self) -> Result<bool, BenchError> {
        sleep(self.time() / 2).await;
        let sku = goods::sku(0, 0);
        let price = self.shop.price(&sku).await?.price;
        let to = Money::new(price.minor() + 1, Currency::EUR);
        self.shop.set_price(&self.staff, &sku, to).await?;
        let begin = Instant::now();
        while begin.elapsed() < SEEN_WITHIN {
            let product = self.shop.product(&goods::handle(0)).await?;
            let mut variants = product.variants.iter();
            if variants.any(|variant| variant.sku == sku && variant.price == Some(to)) {
                println!("price      visible after {} ms", begin.elapsed().as_millis());
                return Ok(true);
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(false)
    }

    async fn ordering(&mut self) -> Result<(), BenchError> {
        let places = self.shop.places().clone();
        let fleet = &self.options.fleet;
        orders::buy(&places, self.options.products, self.time() / 5).await?;
        self.watch.rest().await?;
        let (before, since) = (cpu::usage(fleet)?, kernel::now());
        let mut ordered = orders::buy(&places, self.options.products, self.time()).await?;
        let rest = self.watch.rest().await?;
        let used = cpu::between(&before, &cpu::usage(fleet)?);
        let per_second = Milli::per_second(ordered.orders, ordered.time);
        println!(
            "order      {} in {} s, {per_second} a second; at rest {} s later",
            ordered.orders,
            ordered.time.as_secs(),
            rest.as_secs()
        );
        for failure in ordered.failures.iter().take(5) {
            println!("  {failure}");
        }
        self.check("every order was confirmed", ordered.failures.is_empty());
        let part = Part { name: "order", count: ordered.orders, used };
        self.figures.push(("order_cpu_ms", part.each()));
        self.figures.push(("orders_per_s", per_second));
        self.parts.push(part);
        self.latencies(&mut ordered, since).await
    }

    async fn latencies(
        &mut self,
        ordered: &mut Ordered,
        since: time::OffsetDateTime,
    ) -> Result<(), BenchError> {
        let mut events = events::latencies(&self.options.fleet, since).await?;
        let line = |what: &str, samples: &mut [Duration]| {
            let [half, most] = [50, 99].map(|percent| Milli::ms(percentile(samples, percent)));
            println!("  {what:<58} p50 {half:>9} ms  p99 {most:>9} ms");
            (half, most)
        };
        let whole = line("order: from the empty basket until confirmed", &mut ordered.whole);
        line("placing: the one request, until its 201", &mut ordered.placing);
        let confirm = line("confirm: from placing until confirmed", &mut ordered.confirming);
        let event = line("event: OrderPlaced written until inventory's answer is", &mut events);
        self.figures.push(("order_p99_ms", whole.1));
        self.figures.push(("confirm_p99_ms", confirm.1));
        self.figures.push(("event_p50_ms", event.0));
        self.figures.push(("event_p99_ms", event.1));
        Ok(())
    }

    fn memory(&mut self, before_kb: u64) -> Result<(), BenchError> {
        let after_kb = cpu::services_pss_kb(&self.options.fleet)?;
        let mb = |kb: u64| Milli::share(kb * 1_000, 1_024);
        println!(
            "memory     services, PSS: {} MB before, {} MB after all that",
            mb(before_kb),
            mb(after_kb)
        );
        self.figures.push(("fleet_rss_mb", mb(after_kb)));
        Ok(())
    }

    async fn starting(&mut self) -> Result<(), BenchError> {
        let all = ready::measure(&self.options.fleet, &self.shop).await?;
        let words: Vec<String> = all.iter().map(|(name, ms)| format!("{name} {ms}")).collect();
        println!("ready      ms from start: {}", words.join(", "));
        let longest = all.values().copied().max().unwrap_or(0);
        self.figures.push(("ready_ms_max", Milli(longest * 1_000)));
        Ok(())
    }

    fn check(&mut self, what: &str, holds: bool) {
        println!("check      {what}: {}", if holds { "yes" } else { "NO" });
        self.good &= holds;
    }

    fn report(self) -> Result<bool, BenchError> {
        report::table(&self.parts).iter().for_each(|line| println!("{line}"));
        let text = report::json(&self.figures);
        report::write(&self.options.out, &text)?;
        print!("{text}");
        println!("written to {}", self.options.out.display());
        Ok(self.good)
    }
}

fn described(name: &str, asked: &mut Asked, per_second: Milli) -> String {
    let [half, most] = [50, 99].map(|percent| Milli::ms(percentile(&mut asked.took, percent)));
    let seconds = asked.time.as_secs();
    let count = asked.answers;
    format!(
        "{name:<10} {count} in {seconds} s, {per_second} a second, p50 {half} ms, p99 {most} ms"
    )
}
