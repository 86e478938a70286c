//! Prepares documents anew after facts have changed: one at a time, from committed facts only.
//!
//! Handlers of four topics run side by side and only note what has become stale. Whoever holds the lock
//! here reads the facts after taking the notes, so the last word on a product is always prepared last.

use std::sync::LazyLock;
use std::time::Duration;

use kernel::ProductId;
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::page;
use crate::domain::view::ProductView;
use crate::error::Error;
use crate::store::documents::{self, Prepared};
use crate::store::known::{self, Known};

/// Notes taken in one transaction.
const BATCH: i64 = 200;
/// Longest time until notes of another process are seen.
const SWEEP: Duration = Duration::from_millis(500);
/// Several facts are often told together.
const GATHER: Duration = Duration::from_millis(20);

static REFRESHED: LazyLock<watch::Sender<u64>> = LazyLock::new(|| watch::channel(0).0);

/// Changes whenever this process has prepared documents.
pub(crate) fn refreshed() -> watch::Receiver<u64> {
    REFRESHED.subscribe()
}

/// Prepares everything that is stale now; waits while another process does.
///
/// # Errors
/// When the database fails or a document cannot be written; what is stale stays so.
pub async fn refresh(db: &PgPool) -> Result<(), runtime::Error> {
    while batch(db).await.map_err(|error| runtime::Error::other("preparing documents", error))? {}
    Ok(())
}

/// Refreshes until told to stop; a failure is logged and tried again.
pub(crate) async fn keep_fresh(db: PgPool, stop: CancellationToken) -> Result<(), runtime::Error> {
    let mut handled = messaging::handled();
    while !stop.is_cancelled() {
        tokio::select! {
            Ok(()) = handled.changed() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(SWEEP) => {}
            () = stop.cancelled() => break,
        }
        if let Err(error) = refresh(&db).await {
            tracing::warn!(%error, "documents are not up to date");
        }
    }
    Ok(())
}

/// Prepares one batch; true when there may be more.
async fn batch(db: &PgPool) -> Result<bool, Error> {
    let waiting: bool =
        sqlx::query_scalar("select exists (select from stale)").fetch_one(db).await?;
    if !waiting {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('search.refresh', 0))")
        .execute(&mut *tx)
        .await?;
    let more = some(&mut tx).await?;
    tx.commit().await?;
    REFRESHED.send_modify(|times| *times += 1);
    Ok(more)
}

/// Prepares everything that is stale, in the caller's transaction, which must be the only one that does.
///
/// # Errors
/// When the database fails or a document cannot be written.
pub async fn refresh_in(conn: &mut PgConnection) -> Result<(), runtime::Error> {
    let failed = |error| runtime::Error::other("preparing documents", error);
    while some(conn).await.map_err(failed)? {}
    Ok(())
}

/// Prepares what some notes mean; true when there may be more of them.
async fn some(conn: &mut PgConnection) -> Result<bool, Error> {
    let (taken, ids) = documents::take_stale(conn, BATCH).await?;
    let mut changed = false;
    for ids in ids.chunks(100) {
        changed |= prepare(conn, ids).await?;
    }
    if changed {
        documents::next_generation(conn).await?;
    }
    Ok(i64::try_from(taken).is_ok_and(|taken| taken == BATCH))
}

/// Prepares these products; true when a card, and with it a list, has changed.
async fn prepare(conn: &mut PgConnection, ids: &[ProductId]) -> Result<bool, Error> {
    let mut before = documents::prepared(conn, ids).await?;
    let mut changed = false;
    for Known { facts, published_at } in known::find(conn, ids).await? {
        let id = facts.product_id;
        let (Some(document), Some(published_at)) = (page::document(facts), published_at) else {
            continue;
        };
        let old = before.remove(&id);
        let card = serde_json::to_string(&document.card).map_err(unwritable)?;
        let page = serde_json::to_string(&document.page).map_err(unwritable)?;
        let prepared = Prepared { document: &document, card: &card, page: &page, published_at };
        match &old {
            Some((_, old)) if *old == page => {}
            Some((old_card, old)) if same_words(old, &document.page)? => {
                documents::save_wordless(conn, prepared).await?;
                changed |= *old_card != card;
            }
            Some(_) | None => {
                documents::save(conn, prepared).await?;
                changed = true;
            }
        }
    }
    let gone: Vec<ProductId> = before.into_keys().collect();
    if !gone.is_empty() {
        documents::delete(conn, &gone).await?;
    }
    Ok(changed || !gone.is_empty())
}

/// True when the columns that only words and facets need are as they were.
fn same_words(old: &str, new: &ProductView) -> Result<bool, Error> {
    let old: ProductView = serde_json::from_str(old).map_err(unwritable)?;
    let words = |page: &ProductView| {
        let (title, text) = (page.title.clone(), page.description_html.clone());
        let category = (page.category.clone(), page.category_name.clone());
        (title, text, category, page.handle.clone(), page.vendor.clone(), page.tags.clone())
    };
    Ok(words(&old) == words(new))
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::Corrupt(error.to_string())
}
