//! Changes of stock that no order brings about: the opening quantity, and corrections by staff.

use kernel::AccountId;
use kernel::Sku;
use messaging::Tx;
use sqlx::PgConnection;
use web::RequestError;

use super::save_changed;
use crate::domain::shelf::{Adjustment, Refusal, Shelf};
use crate::error::Error;
use crate::store::movements::{self, Correction};
use crate::store::stock::{self, Added, NewItem};
use crate::{publish, store};

/// Puts a new SKU on the shelf, once; one that was removed comes back with what it has.
pub(crate) async fn open(tx: &mut Tx, item: &NewItem) -> Result<(), Error> {
    let added = stock::add(tx, item).await?;
    if added == Added::Known {
        return Ok(());
    }
    let mut shelf = lock_one(tx, &item.sku).await?;
    if added == Added::New {
        movements::opening(tx, &item.sku, item.opening_quantity).await?;
    } else {
        shelf.version += 1;
        stock::save(tx, &[&shelf]).await?;
    }
    messaging::append(tx, [publish::level(&shelf)]).await?;
    Ok(())
}

/// What staff want to correct, and why.
#[derive(Debug)]
pub(crate) struct Correcting {
    pub(crate) sku: Sku,
    pub(crate) location: String,
    pub(crate) adjustment: Adjustment,
    pub(crate) account: AccountId,
    pub(crate) reason: String,
}

/// Corrects what lies in one place.
pub(crate) async fn adjust(tx: &mut Tx, wish: &Correcting) -> Result<(), Error> {
    if !store::locations::exists(tx, &wish.location).await? {
        return Err(wrong("location", "there is no such location"));
    }
    let before = lock_one(tx, &wish.sku).await?;
    let mut after = before.clone();
    let change = after.adjust(&wish.location, wish.adjustment).map_err(|refusal| {
        let field = match wish.adjustment {
            Adjustment::To(_) => "set_on_hand",
            Adjustment::By(_) => "delta",
        };
        if refusal == Refusal::OutOfRange { wrong(field, refusal) } else { refusal.into() }
    })?;
    let said = save_changed(tx, [(&before, &mut after)].into_iter()).await?;
    let correction = Correction {
        sku: &wish.sku,
        location: &wish.location,
        change,
        account: wish.account,
        reason: &wish.reason,
    };
    movements::adjusted(tx, &correction).await?;
    messaging::append(tx, said).await?;
    Ok(())
}

fn wrong(field: &str, message: impl ToString) -> Error {
    let field = problem::FieldError::new(field, message);
    RequestError::InvalidFields(vec![field]).into()
}

async fn lock_one(conn: &mut PgConnection, sku: &Sku) -> Result<Shelf, Error> {
    let mut shelves = stock::lock(conn, std::slice::from_ref(sku)).await?;
    shelves.remove(sku).ok_or_else(|| Error::UnknownSku(sku.clone()))
}
