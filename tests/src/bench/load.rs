//! Closed-loop load: so many connections, each asking again as soon as it has its answer.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::zipf::Zipf;
use crate::shop::{Error, Places, Shop};

/// Connections at once.
pub(crate) const CONNECTIONS: u64 = 16;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// A product with variants, price and stock, as JSON.
    Product,
    /// 24 products of a category with facets, as JSON.
    List,
    /// A product's page, as HTML.
    Html,
}

impl Page {
    /// The path of the thing of that rank.
    fn path(self, rank: usize) -> String {
        match self {
            Self::Product => format!("/api/search/v1/products/{}", super::goods::handle(rank)),
            Self::List => {
                let category = super::goods::category(rank);
                format!("/api/search/v1/products?category={category}&limit=24")
            }
            Self::Html => format!("/p/{}", super::goods::handle(rank)),
        }
    }

    /// Something that every right answer says.
    const fn mark(self) -> &'static str {
        match self {
            Self::Product => "\"available\":",
            Self::List => "\"facets\":",
            Self::Html => "</html>",
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Right answers.
    pub(crate) answers: u64,
    /// From the first request to the last answer.
    pub(crate) time: Duration,
    /// How long each answer took.
    pub(crate) took: Vec<Duration>,
    /// Other answers, and none.
    pub(crate) failures: u64,
}

/// Asks for pages for some time; ranks are drawn by Zipf out of `many`.
///
/// # Errors
/// When a client cannot be made.
pub(crate) async fn ask(
    places: &Places,
    page: Page,
    many: usize,
    time: Duration,
) -> Result<Asked, Error> {
    let begin = Instant::now();
    let mut connections = JoinSet::new();
    for seed in 0..CONNECTIONS {
        // A client of its own: one connection, kept alive.
        let shop = Shop::new(places.clone())?;
        let ranks = Zipf::new(many, seed);
        connections.spawn(async move { connection(&shop, page, ranks, begin + time).await });
    }
    let mut asked = Asked::default();
    while let Some(one) = connections.join_next().await {
        let one = one.unwrap_or_else(|_| Asked { failures: 1, ..Asked::default() });
        asked.answers += one.answers;
        asked.failures += one.failures;
        asked.took.extend(one.took);
    }
    asked.time = begin.elapsed();
    Ok(asked)
}

async fn connection(shop: &Shop, page: Page, mut ranks: Zipf, end: Instant) -> Asked {
    let mut asked = Asked::default();
    while Instant::now() < end {
        let begin = Instant::now();
        match right(shop, page, ranks.draw()).await {
            true => {
                asked.answers += 1;
                asked.took.push(begin.elapsed());
            }
            false => asked.failures += 1,
        }
    }
    asked
}

async fn right(shop: &Shop, page: Page, rank: usize) -> bool {
    let Ok(answer) = shop.get(&page.path(rank)).send().await else { return false };
    let good = answer.status() == 200;
    let body = answer.bytes().await.unwrap_or_default();
    good && std::str::from_utf8(&body).is_ok_and(|text| text.contains(page.mark()))
}
