//! What a list shows, as its address says it; a link to another choice is another address.

use contracts::search::{ListProductsRequest, Sort};
use serde::Deserialize;

/// The query string of a list. What makes no sense is left out: an address is not a form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct ListQuery {
    pub(super) q: String,
    pub(super) category: String,
    /// `2500-5000`, as the facet names it.
    pub(super) price: String,
    /// `1`: only what can be bought now.
    pub(super) stock: String,
    pub(super) sort: String,
    pub(super) after: String,
}

impl ListQuery {
    /// The question for search.
    pub(super) fn request(&self) -> ListProductsRequest {
        let (least, most) = self.bounds();
        let sort = match self.sort.as_str() {
            "price" => Sort::PriceAscending,
            "-price" => Sort::PriceDescending,
            "new" => Sort::Newest,
            _ => Sort::Relevance,
        };
        ListProductsRequest {
            query: self.q.chars().take(1_000).collect(),
            category: self.category.clone(),
            min_price_minor: least,
            max_price_minor: most,
            in_stock: self.in_stock(),
            sort: sort.into(),
            after: self.after.clone(),
            limit: 24,
            seller_id: String::new(),
        }
    }

    /// A facet's upper bound is exclusive, search's is inclusive.
    fn bounds(&self) -> (Option<i64>, Option<i64>) {
        let Some((least, most)) = self.price.split_once('-') else { return (None, None) };
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        (number(least), number(most).map(|most| most.saturating_sub(1).max(0)))
    }

    pub(super) fn in_stock(&self) -> bool {
        self.stock == "1"
    }

    /// True when a facet is chosen.
    pub(super) fn filtered(&self) -> bool {
        !self.price.is_empty() || self.in_stock()
    }

    pub(super) fn toggle_category(&mut self, value: &str) {
        toggle(&mut self.category, value);
        self.after.clear();
    }

    pub(super) fn toggle_price(&mut self, value: &str) {
        toggle(&mut self.price, value);
        self.after.clear();
    }

    pub(super) fn toggle_stock(&mut self) {
        toggle(&mut self.stock, "1");
        self.after.clear();
    }

    /// Takes all facets back.
    pub(super) fn clear(&mut self) {
        *self = Self { q: self.q.clone(), category: self.category.clone(), ..Self::default() };
    }

    /// The address of the list after a change. A category's own page says its category in the path.
    pub(super) fn link(&self, path: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut changed = self.clone();
        change(&mut changed);
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let category = if path == "/search" { changed.category.as_str() } else { "" };
        for (name, value) in [
            ("q", changed.q.as_str()),
            ("category", category),
            ("price", &changed.price),
            ("stock", &changed.stock),
            ("sort", &changed.sort),
            ("after", &changed.after),
        ] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        let query = pairs.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

fn toggle(field: &mut String, value: &str) {
    if field == value { field.clear() } else { value.clone_into(field) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choosing_a_facet_twice_takes_it_back_and_begins_at_the_first_page() {
        let query = ListQuery { q: "a&b".into(), after: "7.x".into(), ..ListQuery::default() };

        let chosen = query.link("/search", |query| query.toggle_price("0-1000"));
        let back = ListQuery { price: "0-1000".into(), ..query };

        assert_eq!(chosen, "/search?q=a%26b&price=0-1000");
        assert_eq!(back.link("/search", |query| query.toggle_price("0-1000")), "/search?q=a%26b");
    }

    #[test]
    fn a_band_ends_before_the_next_one_begins() {
        let bounds =
            |price: &str| ListQuery { price: price.into(), ..ListQuery::default() }.bounds();

        assert_eq!(bounds("1000-2500"), (Some(1_000), Some(2_499)));
        assert_eq!(bounds("20000-"), (Some(20_000), None));
        assert_eq!(bounds("nonsense"), (None, None));
        assert_eq!(bounds("-5-x"), (None, None));
        assert_eq!(bounds("5--3"), (Some(5), None));
    }

    #[test]
    fn no_question_is_longer_than_search_allows() {
        let query = ListQuery { q: "é".repeat(9_000), ..ListQuery::default() };

        assert_eq!(query.request().query.len(), 2_000);
    }
}
