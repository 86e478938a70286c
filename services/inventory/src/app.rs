//! The one path to change: lock, decide, save, say, in the caller's transaction.

mod order;
mod stock;

pub(crate) use order::{Placing, follow, place};
pub(crate) use stock::{Correcting, adjust, open};

use sqlx::PgConnection;

use crate::domain::shelf::Shelf;
use crate::error::Error;
use crate::{publish, store};

/// Saves the shelves whose levels differ from before, a version on, and gives what is to be said of
/// them: one event per SKU.
async fn save_changed<'a>(
    conn: &mut PgConnection,
    shelves: impl Iterator<Item = (&'a Shelf, &'a mut Shelf)>,
) -> Result<Vec<messaging::Outgoing>, Error> {
    let mut changed: Vec<&Shelf> = Vec::new();
    for (before, after) in shelves {
        if before.levels != after.levels {
            after.version += 1;
            changed.push(after);
        }
    }
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    store::stock::save(conn, &changed).await?;
    Ok(changed.into_iter().map(publish::level).collect())
}
