//! A search service that hears a small catalogue.

use contracts::catalog::{
    CategoryDefined, MediaAdded, ProductArchived, ProductCreated, ProductPublished, VariantAdded,
};
use contracts::common::Money;
use contracts::inventory::StockLevelChanged;
use contracts::pricing::PriceSet;
use kernel::{MediaId, ProductId, VariantId};
use serde_json::Value;
use sqlx::PgPool;
use testkit::{Answer, TestService};

pub(crate) struct Shop {
    pub(crate) service: TestService,
}

pub(crate) fn id(handle: &str) -> String {
    ProductId::derived(handle.as_bytes()).to_string()
}

pub(crate) fn eur(minor: i64) -> Option<Money> {
    Some(Money { minor, currency: "EUR".into() })
}

pub(crate) fn created(handle: &str, title: &str, category: &str) -> ProductCreated {
    ProductCreated {
        product_id: id(handle),
        handle: handle.into(),
        title: title.into(),
        description_html: "<p>Made at sea.</p>".into(),
        category: category.into(),
        vendor: "Harbour &amp; Sons".into(),
        options: vec!["Size".into()],
        tags: vec!["new".into()],
        ..ProductCreated::default()
    }
}

pub(crate) fn variant(handle: &str, size: &str, position: i32) -> VariantAdded {
    VariantAdded {
        product_id: id(handle),
        variant_id: VariantId::derived(format!("{handle}/{size}").as_bytes()).to_string(),
        sku: format!("{handle}/{size}"),
        option_values: vec![size.into()],
        opening_price: eur(1),
        tracked: true,
        position,
        ..VariantAdded::default()
    }
}

pub(crate) fn picture(handle: &str) -> MediaAdded {
    MediaAdded {
        product_id: id(handle),
        media_id: MediaId::derived(handle.as_bytes()).to_string(),
        url: format!("/media/{handle}.svg"),
        alt: handle.into(),
        position: 1,
    }
}

pub(crate) fn published(handle: &str) -> ProductPublished {
    ProductPublished { product_id: id(handle) }
}

pub(crate) fn archived(handle: &str) -> ProductArchived {
    ProductArchived { product_id: id(handle) }
}

pub(crate) fn priced(handle: &str, size: &str, minor: i64) -> PriceSet {
    PriceSet {
        sku: format!("{handle}/{size}"),
        product_id: id(handle),
        price_list: "default".into(),
        price: eur(minor),
        compare_at: None,
    }
}

pub(crate) fn stocked(handle: &str, size: &str, available: i64) -> StockLevelChanged {
    StockLevelChanged {
        sku: format!("{handle}/{size}"),
        tracked: true,
        on_hand: available,
        available,
    }
}

pub(crate) fn category(slug: &str, name: &str, position: i32) -> CategoryDefined {
    CategoryDefined { slug: slug.into(), name: name.into(), position }
}

impl Shop {
    pub(crate) async fn new(db: PgPool) -> Self {
        Self { service: TestService::start::<search::App>(db, &[]).await }
    }

    pub(crate) async fn hear<E: messaging::Event>(&self, event: E) {
        self.service.hear(&event).await.unwrap();
    }

    /// A product with one size, for sale.
    pub(crate) async fn sells(&self, title: &str, in_category: &str, minor: i64, available: i64) {
        let handle = title.to_lowercase().replace(' ', "-");
        self.hear(created(&handle, title, in_category)).await;
        self.hear(variant(&handle, "m", 1)).await;
        self.hear(published(&handle)).await;
        self.hear(priced(&handle, "m", minor)).await;
        self.hear(stocked(&handle, "m", available)).await;
    }

    pub(crate) async fn refreshed(&self) {
        search::refresh(&self.service.db).await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.service.get(&format!("/api/search/v1/{path}"), "").await
    }

    pub(crate) async fn titles(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("products?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        titles(&answer.json)
    }
}

pub(crate) fn titles(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}
