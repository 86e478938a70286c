//! Answers what HTTP and gRPC ask; lists without words are kept as long as nothing in them changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use runtime::Fresh;
use sqlx::PgPool;

use crate::domain::view::{BasketVariantView, CategoryView, ListView};
use crate::error::Error;
use crate::listing::Listing;
use crate::store::{documents, listing};

/// How long the generation of lists is taken as known; so much later, at most, a change is seen.
const TRUSTED: Duration = Duration::from_millis(100);
/// Most lists kept at a time.
const MOST_LISTS: usize = 512;

/// The read model, for readers. Copies share what they keep.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    db: PgPool,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    generation: i64,
    /// When the generation was asked for.
    asked: Option<Instant>,
    lists: HashMap<Listing, Arc<Listed>>,
}

/// A list, ready to be sent.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) view: ListView,
    /// The view as JSON.
    pub(crate) json: bytes::Bytes,
}

impl Catalogue {
    pub(crate) fn new(db: PgPool) -> Self {
        Self { db, kept: Arc::default() }
    }

    /// One page of a list; read anew for those who want to see what they have just written.
    pub(crate) async fn list(
        &self,
        wanted: Listing,
        fresh: Option<Fresh>,
    ) -> Result<Arc<Listed>, Error> {
        if fresh.is_some() || !wanted.query.trim().is_empty() {
            return Ok(Arc::new(self.read_list(&wanted).await?));
        }
        self.notice_changes().await;
        let (generation, known) = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            (kept.generation, kept.lists.get(&wanted).cloned())
        };
        if let Some(list) = known {
            return Ok(list);
        }
        let list = Arc::new(self.read_list(&wanted).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // A list that was read while the generation changed may be of either.
        if kept.generation == generation && kept.lists.len() < MOST_LISTS {
            kept.lists.insert(wanted, Arc::clone(&list));
        }
        Ok(list)
    }

    async fn read_list(&self, wanted: &Listing) -> Result<Listed, Error> {
        let mut conn = self.db.acquire().await?;
        let view = listing::list(&mut conn, wanted).await?;
        let json = serde_json::to_vec(&view).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Listed { view, json: json.into() })
    }

    /// Drops what is kept when a card has changed since. An outage of the database changes nothing.
    async fn notice_changes(&self) {
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.asked.is_some_and(|asked| asked.elapsed() < TRUSTED) {
                return;
            }
            kept.asked = Some(Instant::now());
        }
        let generation = async {
            let mut conn = self.db.acquire().await?;
            documents::generation(&mut conn).await
        };
        match generation.await {
            Ok(generation) => {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.generation != generation || kept.lists.len() >= MOST_LISTS {
                    kept.generation = generation;
                    kept.lists.clear();
                }
            }
            Err(error) => tracing::warn!(%error, "lists are shown as they were"),
        }
    }

    /// The page of a product as JSON.
    pub(crate) async fn page(&self, handle_or_id: &str) -> Result<String, Error> {
        let handle_or_id = plain(handle_or_id)?;
        let mut conn = self.db.acquire().await?;
        documents::page(&mut conn, handle_or_id).await?.ok_or(Error::NoSuchProduct)
    }

    /// The page of a product as a message.
    pub(crate) async fn page_message(
        &self,
        handle_or_id: &str,
    ) -> Result<contracts::search::Product, Error> {
        let handle_or_id = plain(handle_or_id)?;
        let mut conn = self.db.acquire().await?;
        documents::page_message(&mut conn, handle_or_id).await?.ok_or(Error::NoSuchProduct)
    }

    /// Variants for a basket; what nobody offers is left out.
    pub(crate) async fn variants(&self, skus: &[String]) -> Result<Vec<BasketVariantView>, Error> {
        let mut check = web::Check::new();
        check.that(skus.len() <= 100, "sku", "expected at most 100 SKUs");
        check.that(skus.iter().all(|sku| !sku.contains('\0')), "sku", "expected SKUs");
        check.finish()?;
        let mut conn = self.db.acquire().await?;
        documents::variants(&mut conn, skus).await
    }

    /// The categories that have products.
    pub(crate) async fn categories(&self) -> Result<Vec<CategoryView>, Error> {
        let mut conn = self.db.acquire().await?;
        Ok(documents::categories(&mut conn).await?)
    }
}

/// Postgres has no NUL in texts, so there cannot be such a product.
fn plain(text: &str) -> Result<&str, Error> {
    if text.contains('\0') { Err(Error::NoSuchProduct) } else { Ok(text) }
}
