//! A storm of faults while orders flow, and an auditor who then compares every promise with the facts.
//!
//! Read `plan` (what the seed decides), `buyer` and `storm` (what happens), then `facts` and `rules`
//! (what must be true afterwards); `collect` reads it from databases and ledgers.

#![expect(clippy::print_stdout, reason = "it is a program's work and this is how it speaks")]

mod buyer;
mod collect;
mod facts;
mod goods;
mod plan;
mod rules;
mod storm;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use self::collect::{CollectError, Sources};
use self::facts::{Facts, Journey, Stock};
use self::goods::Goods;
use crate::checker::Report;
use crate::fleet::{Fleet, FleetError};
use crate::shop::{Error as ShopError, Shop};

/// `./dev chaos`: kills every part of the fleet while orders flow, then checks that nothing was lost.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The main job: buyers order while each service in turn, Kafka and Postgres are killed.
    Main(Main),
}

#[derive(Clone, Debug, clap::Args)]
struct Main {
    /// Orders that are accepted before it ends.
    #[arg(long, default_value_t = 300)]
    orders: u64,
    /// Decides who buys what and who is killed when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often everything is killed; by default once for every 300 orders.
    #[arg(long)]
    rounds: Option<u64>,
    /// Seconds that the fleet has to come to rest after the last order.
    #[arg(long, default_value_t = 420)]
    patience: u64,
    #[command(flatten)]
    fleet: Fleet,
}

/// Why the storm could not be made, or judged.
#[derive(Debug, thiserror::Error)]
enum ChaosError {
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error("preparing: {0}")]
    Shop(#[from] ShopError),
    #[error(transparent)]
    Collect(#[from] CollectError),
    #[error("a buyer or the storm panicked")]
    Cut(#[from] tokio::task::JoinError),
}

/// From one look at the facts to the next.
const PAUSE: Duration = Duration::from_secs(2);
/// A fleet that looks at rest is looked at again after this, lest something was only late.
const AGAIN: Duration = Duration::from_secs(6);
/// From one word on what is waited for to the next.
const TOLD: Duration = Duration::from_secs(20);

/// Runs the program; the last line is the verdict.
pub async fn run(options: Options) -> ExitCode {
    let What::Main(main) = options.what;
    match storm_and_audit(&main).await {
        Ok(Verdict { orders, violations, faults }) => {
            println!("orders={orders} violations={violations} faults={faults} seed={}", main.seed);
            if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            println!("violation: no verdict: {error}");
            println!("orders=0 violations=1 faults=0 seed={}", main.seed);
            ExitCode::FAILURE
        }
    }
}

struct Verdict {
    orders: usize,
    violations: usize,
    faults: usize,
}

async fn storm_and_audit(main: &Main) -> Result<Verdict, ChaosError> {
    let shop = Shop::of_environment()?;
    println!("preparing products, accounts and coupons");
    let goods = Arc::new(goods::prepare(&shop, main.orders, main.seed).await?);
    let coupons = vec![goods.coupon.clone(), goods.few_uses.clone()];
    let sources = Sources { fleet: main.fleet.clone(), shop: shop.clone(), coupons };
    let stock_before = sources.stock().await?;

    let faults = plan::faults(main.seed, main.rounds.unwrap_or_else(|| plan::rounds(main.orders)));
    let length: Duration = faults.iter().map(|fault| fault.after).sum();
    println!("{} orders and {} faults in {} s", main.orders, faults.len(), length.as_secs());
    let (stop, stopped) = watch::channel(false);
    let trading = tokio::spawn(storm::trade(shop.clone(), Arc::clone(&goods), stopped));
    let fleet = main.fleet.clone();
    let raging = tokio::spawn(async move { storm::rage(&fleet, &faults).await });
    let journeys = crowd(&shop, &goods, main, length).await?;
    let faults = raging.await??;
    // Nobody waits for anybody who has no place to send it.
    let _ = stop.send(true);
    let prices = trading.await?;
    describe(&journeys, prices);

    let violations = audit(&sources, &journeys, &stock_before, main.patience).await?;
    for violation in &violations {
        println!("violation: {violation}");
    }
    let orders = journeys.iter().filter(|journey| !journey.accepted.is_empty()).count();
    Ok(Verdict { orders, violations: violations.len(), faults })
}

/// All buyers, until as many orders were accepted as were asked for; one who is turned away for good is
/// followed by another, up to half as many again.
async fn crowd(
    shop: &Shop,
    goods: &Arc<Goods>,
    main: &Main,
    length: Duration,
) -> Result<Vec<Journey>, ChaosError> {
    let begin = Instant::now();
    let mut buying = JoinSet::new();
    let send = |buying: &mut JoinSet<Journey>, number: u64| {
        let wish = plan::wish(main.seed, number, main.orders, length, goods.plenty.len());
        let (shop, goods) = (shop.clone(), Arc::clone(goods));
        buying.spawn(async move {
            sleep_until(begin + wish.arrives).await;
            buyer::buy(&shop, &goods, &wish).await
        });
    };
    (0..main.orders).for_each(|number| send(&mut buying, number));
    let mut next = main.orders;
    let mut journeys: Vec<Journey> = Vec::new();
    while let Some(journey) = buying.join_next().await {
        let journey = journey?;
        if journey.accepted.is_empty() && next < main.orders.saturating_mul(3) / 2 {
            send(&mut buying, next);
            next += 1;
        }
        journeys.push(journey);
    }
    Ok(journeys)
}

fn describe(journeys: &[Journey], prices: usize) {
    let accepted = journeys.iter().filter(|journey| !journey.accepted.is_empty()).count();
    println!("{accepted} of {} buyers got a 201; {prices} prices were changed", journeys.len());
    for journey in journeys {
        if let Some(why) = &journey.gave_up {
            println!("  journey {} gave up: {why}", journey.number);
        }
    }
}

/// Judges until no rule is broken, twice in a row, or the patience is at its end; then counts deliveries.
async fn audit(
    sources: &Sources,
    journeys: &[Journey],
    stock_before: &BTreeMap<String, Stock>,
    patience: u64,
) -> Result<Vec<String>, ChaosError> {
    let begin = Instant::now();
    let end = begin + Duration::from_secs(patience);
    let mut quiet = false;
    let mut told = begin;
    loop {
        let last = Instant::now() >= end;
        let (mut violations, facts) = match judge(sources, journeys, stock_before, last).await {
            Err(error) if !last => (vec![error.to_string()], Facts::default()),
            judged => judged?,
        };
        let clean = violations.is_empty();
        if (clean && quiet) || last {
            println!("judged {} s after the last order", begin.elapsed().as_secs());
            violations.extend(rules::enough_is_delivered(&facts));
            return Ok(violations);
        }
        if !clean && told.elapsed() > TOLD {
            told = Instant::now();
            let first = violations.first().map(String::as_str).unwrap_or_default();
            println!("  waiting for {} things, such as: {first}", violations.len());
        }
        quiet = clean;
        sleep(if clean { AGAIN } else { PAUSE }).await;
    }
}

/// Outboxes and topics are long, so they are compared only when all else is well.
async fn judge(
    sources: &Sources,
    journeys: &[Journey],
    stock_before: &BTreeMap<String, Stock>,
    last: bool,
) -> Result<(Vec<String>, Facts), CollectError> {
    let mut facts = sources.facts(journeys, stock_before).await?;
    facts.history = Some(Report::default());
    let violations = rules::judge(&facts);
    if !violations.is_empty() && !last {
        return Ok((violations, facts));
    }
    facts.history = Some(sources.history().await?);
    Ok((rules::judge(&facts), facts))
}
