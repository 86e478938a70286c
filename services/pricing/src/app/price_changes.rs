//! Many prices at once: accepted as one command, carried out a chunk of lines at a time.

use kernel::{AccountId, Currency, Sku};
use messaging::Tx;
use runtime::operation::{Command, Failure, Line};
use serde::{Deserialize, Serialize};

use super::prices;
use crate::domain::price::Wish;
use crate::error::Error;

/// Changes many prices.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChangePrices {
    /// Whose SKUs these may be; none: anybody's.
    pub(crate) seller: Option<AccountId>,
    /// Of all these prices.
    pub(crate) currency: Currency,
}

/// One price of many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) sku: Sku,
    pub(crate) wish: Wish,
}

impl Command for ChangePrices {
    const KIND: &'static str = "price_change";
    type Line = Change;
    type Error = Error;

    /// Those of one seller come one after the other, and those of staff; a seller's that is parked
    /// holds up nobody else's.
    fn key(&self) -> String {
        self.seller.map_or_else(|| "shop".to_owned(), |seller| seller.to_string())
    }

    async fn carry_out(
        &self,
        tx: &mut Tx,
        lines: Vec<Line<Change>>,
    ) -> Result<Vec<Failure>, Error> {
        let (numbers, changes): (Vec<u64>, Vec<Change>) =
            lines.into_iter().map(|line| (line.number, line.wants)).unzip();
        let refused = prices::change(tx, self, &changes).await?;
        let failure = |(number, why): (u64, Option<String>)| Some(Failure::new(number, why?));
        Ok(numbers.into_iter().zip(refused).filter_map(failure).collect())
    }
}
