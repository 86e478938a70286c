//! Categories and search results: the same page, with facets that are plain links.

mod query;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use contracts::search::{FacetValue, ProductCard};

use self::query::ListQuery;
use crate::error::Error;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::Visitor;

/// A product in a list.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) handle: String,
    pub(super) title: String,
    pub(super) vendor: String,
    pub(super) image_url: String,
    pub(super) image_alt: String,
    /// `€19.90` or `from €19.90`.
    pub(super) price: String,
    /// The price it is compared with; empty when there is none.
    pub(super) before: String,
    pub(super) available: bool,
}

impl Card {
    pub(super) fn of(card: &ProductCard) -> Self {
        let price = show::message(card.price_from.as_ref());
        let one_price = card.price_from == card.price_to;
        Self {
            handle: card.handle.clone(),
            title: card.title.clone(),
            vendor: card.vendor.clone(),
            image_url: card.image_url.clone(),
            image_alt: card.image_alt.clone(),
            price: if one_price { price } else { format!("from {price}") },
            before: show::message(card.compare_at.as_ref()),
            available: card.available,
        }
    }
}

/// A choice of a facet: where it leads, and whether it is made already.
struct Choice {
    label: String,
    count: i64,
    link: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "list.html")]
struct List {
    frame: Frame,
    title: String,
    query: ListQuery,
    /// `/search` or `/c/<category>`.
    path: String,
    total: i64,
    cards: Vec<Card>,
    categories: Vec<Choice>,
    prices: Vec<Choice>,
    in_stock: Choice,
    /// Empty: this is the last page.
    next: String,
    /// Empty: this is the first page.
    first: String,
    /// Empty: nothing to take back.
    clear: String,
}

impl List {
    fn sorted_by(&self, sort: &str) -> bool {
        self.query.sort == sort
    }
}

/// The products of a category.
pub(super) async fn show_category(
    State(shop): State<Shop>,
    visitor: Visitor,
    Path(category): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Error> {
    let query = ListQuery { category: category.clone(), ..query };
    let menu = shop.search.menu().await?;
    let name = menu.iter().find(|known| known.slug == category).map(|known| known.name.clone());
    let title = name.ok_or(Error::NotFound)?;
    show(&shop, &visitor, query, format!("/c/{category}"), title).await
}

/// What was searched for.
pub(super) async fn show_search(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(query): Query<ListQuery>,
) -> Result<Response, Error> {
    let words = query.q.trim();
    let title = match words {
        "" => "Everything".to_owned(),
        words => format!("“{}”", words.chars().take(80).collect::<String>()),
    };
    show(&shop, &visitor, query, "/search".to_owned(), title).await
}

async fn show(
    shop: &Shop,
    visitor: &Visitor,
    query: ListQuery,
    path: String,
    title: String,
) -> Result<Response, Error> {
    let list = shop.search.list(query.request()).await?;
    let facets = list.facets.unwrap_or_default();
    let in_category = path != "/search";
    let category = |facet: &FacetValue| Choice {
        label: facet.label.clone(),
        count: facet.count,
        chosen: query.category == facet.value,
        link: if in_category {
            query.link(&format!("/c/{}", facet.value), |query| query.after.clear())
        } else {
            query.link(&path, |query| query.toggle_category(&facet.value))
        },
    };
    let price = |facet: &FacetValue| Choice {
        label: show::amounts(&facet.label),
        count: facet.count,
        chosen: query.price == facet.value,
        link: query.link(&path, |query| query.toggle_price(&facet.value)),
    };
    let in_stock = Choice {
        label: "In stock now".to_owned(),
        count: facets.in_stock,
        chosen: query.in_stock(),
        link: query.link(&path, ListQuery::toggle_stock),
    };
    let next = match list.next.as_str() {
        "" => String::new(),
        next => query.link(&path, |query| next.clone_into(&mut query.after)),
    };
    let first = match query.after.as_str() {
        "" => String::new(),
        _ => query.link(&path, |query| query.after.clear()),
    };
    let clear = if query.filtered() { query.link(&path, ListQuery::clear) } else { String::new() };
    let mut frame = shop.frame(&format!("{title} · Flotilla"), visitor).await;
    frame.query.clone_from(&query.q);
    page(&List {
        categories: facets.categories.iter().map(category).collect(),
        prices: facets.prices.iter().map(price).collect(),
        cards: list.products.iter().map(Card::of).collect(),
        total: list.total,
        frame,
        title,
        in_stock,
        first,
        next,
        clear,
        query,
        path,
    })
}
