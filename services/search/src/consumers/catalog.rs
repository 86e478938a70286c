//! What catalog says of products and categories.

use contracts::{CategoryEvent, ProductEvent, parse};
use kernel::{MediaId, ProductId, VariantId};
use messaging::{Handler, Meta};
use sqlx::PgConnection;

use crate::error::Error;
use crate::refresh::Wake;
use crate::store::facts::{self, Stale, Text};

/// Keeps products.
pub(crate) struct OnProduct(pub(crate) Wake);

impl Handler for OnProduct {
    type Event = ProductEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        event: ProductEvent,
        meta: &Meta,
    ) -> Result<(), Error> {
        let product: ProductId = parse("product_id", product_id(&event))?;
        if let ProductEvent::ProductCreated(created) = &event {
            facts::create_product(conn, product, created, meta.version).await?;
        }
        if !facts::advance(conn, product, meta.version).await? {
            tracing::debug!(product.id = %product, event = meta.event_type, "late event left out");
            return Ok(());
        }
        keep(conn, product, event, meta).await?;
        facts::mark(conn, Stale::Product(product)).await?;
        self.0.up();
        Ok(())
    }
}

async fn keep(
    conn: &mut PgConnection,
    product: ProductId,
    event: ProductEvent,
    meta: &Meta,
) -> Result<(), Error> {
    match event {
        ProductEvent::ProductCreated(_) => {}
        ProductEvent::ProductTitleChanged(e) => {
            facts::change_text(conn, product, Text::Title, &e.title).await?;
        }
        ProductEvent::ProductDescriptionChanged(e) => {
            facts::change_text(conn, product, Text::Description, &e.description_html).await?;
        }
        ProductEvent::ProductCategoryChanged(e) => {
            facts::change_text(conn, product, Text::Category, &e.category).await?;
        }
        ProductEvent::VariantAdded(e) => {
            let id: VariantId = parse("variant_id", &e.variant_id)?;
            facts::add_variant(conn, product, id, &e).await?;
        }
        ProductEvent::VariantRemoved(e) => facts::remove_variant(conn, product, &e.sku).await?,
        ProductEvent::MediaAdded(e) => {
            let id: MediaId = parse("media_id", &e.media_id)?;
            facts::add_media(conn, product, id, &e).await?;
        }
        ProductEvent::MediaReplaced(e) => {
            let id: MediaId = parse("media_id", &e.media_id)?;
            facts::replace_media(conn, id, &e.url).await?;
        }
        ProductEvent::ProductPublished(_) => {
            facts::publish(conn, product, meta.occurred_at).await?;
        }
        ProductEvent::ProductArchived(_) => facts::archive(conn, product).await?,
    }
    Ok(())
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
pub(crate) struct OnCategory(pub(crate) Wake);

impl Handler for OnCategory {
    type Event = CategoryEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        CategoryEvent::CategoryDefined(category): CategoryEvent,
        meta: &Meta,
    ) -> Result<(), Error> {
        facts::define_category(conn, &category, meta.version).await?;
        facts::mark(conn, Stale::Category(&category.slug)).await?;
        self.0.up();
        Ok(())
    }
}
