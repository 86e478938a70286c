//! What catalog says of products and categories.

use std::collections::BTreeMap;

use contracts::{CategoryEvent, ProductEvent, parse};
use kernel::{MediaId, ProductId, VariantId};
use messaging::{Meta, Projection};
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::facts::{self, Newest, Stale};
use crate::store::products::{self, Change, Variants};

/// Keeps products.
pub(crate) struct OnProduct;

impl Projection for OnProduct {
    type Event = ProductEvent;
    type Error = Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(ProductEvent, Meta)],
    ) -> Result<(), Error> {
        let (mut ids, mut created) = (Vec::with_capacity(events.len()), BTreeMap::new());
        for (event, meta) in events {
            let id: ProductId = parse("product_id", product_id(event))?;
            if let ProductEvent::ProductCreated(product) = event {
                created.entry(id).or_insert((meta.version, product));
            }
            ids.push(id);
        }
        products::create(conn, &created).await?;
        let mut known = products::lock(conn, &ids).await?;
        let mut changes = Changes::default();
        for ((event, meta), id) in events.iter().zip(ids) {
            match known.get_mut(&id) {
                // Events of one change share a version.
                Some(version) if *version <= meta.version => {
                    *version = meta.version;
                    changes.add(id, event, meta)?;
                }
                Some(_) | None => {
                    tracing::debug!(product.id = %id, event = meta.event_type, "left out: late");
                }
            }
        }
        changes.keep(conn).await?;
        Ok(())
    }
}

/// What events mean together, those of each product in order.
#[derive(Default)]
struct Changes<'a> {
    products: BTreeMap<ProductId, Change<'a>>,
    variants: Variants<'a>,
    media: Vec<(ProductId, MediaId, &'a contracts::catalog::MediaAdded)>,
    urls: BTreeMap<MediaId, &'a str>,
}

impl<'a> Changes<'a> {
    fn add(&mut self, id: ProductId, event: &'a ProductEvent, meta: &Meta) -> Result<(), Error> {
        let product = self.products.entry(id).or_default();
        product.version = meta.version;
        match event {
            ProductEvent::ProductCreated(_) => {}
            ProductEvent::ProductTitleChanged(e) => product.title = Some(&e.title),
            ProductEvent::ProductDescriptionChanged(e) => {
                product.description = Some(&e.description_html);
            }
            ProductEvent::ProductCategoryChanged(e) => product.category = Some(&e.category),
            ProductEvent::VariantAdded(e) => {
                let variant: VariantId = parse("variant_id", &e.variant_id)?;
                self.variants.insert((id, &e.sku), Some((variant, e)));
            }
            ProductEvent::VariantRemoved(e) => {
                self.variants.insert((id, &e.sku), None);
            }
            ProductEvent::MediaAdded(e) => {
                self.media.push((id, parse("media_id", &e.media_id)?, e));
            }
            ProductEvent::MediaReplaced(e) => {
                self.urls.insert(parse("media_id", &e.media_id)?, &e.url);
            }
            ProductEvent::ProductPublished(_) => {
                product.state = Some("published");
                product.published_at.get_or_insert(meta.occurred_at);
            }
            ProductEvent::ProductArchived(_) => product.state = Some("archived"),
        }
        Ok(())
    }

    async fn keep(self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        products::change(conn, &self.products).await?;
        products::keep_variants(conn, &self.variants).await?;
        products::add_media(conn, &self.media).await?;
        products::replace_media(conn, &self.urls).await?;
        let changed: Vec<ProductId> = self.products.into_keys().collect();
        facts::mark(conn, Stale::Products(&changed)).await
    }
}

fn product_id(event: &ProductEvent) -> &str {
    match event {
        ProductEvent::ProductCreated(e) => &e.product_id,
        ProductEvent::ProductTitleChanged(e) => &e.product_id,
        ProductEvent::ProductDescriptionChanged(e) => &e.product_id,
        ProductEvent::ProductCategoryChanged(e) => &e.product_id,
        ProductEvent::VariantAdded(e) => &e.product_id,
        ProductEvent::VariantRemoved(e) => &e.product_id,
        ProductEvent::MediaAdded(e) => &e.product_id,
        ProductEvent::MediaReplaced(e) => &e.product_id,
        ProductEvent::ProductPublished(e) => &e.product_id,
        ProductEvent::ProductArchived(e) => &e.product_id,
    }
}

/// Keeps categories.
pub(crate) struct OnCategory;

impl Projection for OnCategory {
    type Event = CategoryEvent;
    type Error = Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(CategoryEvent, Meta)],
    ) -> Result<(), Error> {
        let mut categories = Newest::default();
        for (CategoryEvent::CategoryDefined(category), meta) in events {
            categories.put(&category.slug, meta.version, category);
        }
        facts::define_categories(conn, &categories).await?;
        facts::mark(conn, Stale::Categories(&categories.names())).await?;
        Ok(())
    }
}
