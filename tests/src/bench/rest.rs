//! Knowing when a fleet has nothing left to do, at as little cost to it as possible.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::time::{Instant, sleep};

use crate::fleet::{Fleet, WITH_DATABASE};
use crate::shop::Error;

/// The longest time until everything has come to rest.
const REST: Duration = Duration::from_mins(5);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// Events unsent and jobs due.
const UNDONE: &str = "with acked as (
         select w.snapshot from messaging.outbox_progress p
         join messaging.outbox_window w on w.id = p.acked_window
     )
     select (select count(*) from messaging.job where due_at <= clock_timestamp())
         + (select count(*) from messaging.outbox o, acked
            where o.xid >= pg_snapshot_xmax(acked.snapshot))";
const UNDER_WAY: &str =
    "select count(*) from orders where status not in ('delivered', 'cancelled')";
const DELIVERED: &str = "select count(*) from orders where status = 'delivered'";
const UNSENT: &str = "select count(*) from emails where sent_at is null and failure is null";
const TOLD: &str = "select count(*) from emails where template like '%delivered%'";

/// One connection to each database, kept: signing in costs Postgres more than the question does.
#[derive(Debug)]
pub(crate) struct Watch {
    services: BTreeMap<&'static str, PgConnection>,
}

impl Watch {
    /// Connects to every database of the fleet.
    ///
    /// # Errors
    /// A database does not take the connection.
    pub(crate) async fn open(fleet: &Fleet) -> Result<Self, sqlx::Error> {
        let mut services = BTreeMap::new();
        for service in WITH_DATABASE {
            services.insert(service, connect(fleet, service).await?);
        }
        Ok(Self { services })
    }

    /// Waits until every order is delivered, every mail sent, and no event and no job waits; the time
    /// it took.
    ///
    /// # Errors
    /// A database that cannot be read, or a fleet that does not come to rest.
    pub(crate) async fn rest(&mut self) -> Result<Duration, Error> {
        let begin = Instant::now();
        loop {
            let waiting = self.waiting().await.map_err(|error| Error::Never(error.to_string()))?;
            if waiting == 0 {
                return Ok(begin.elapsed());
            }
            if begin.elapsed() > REST {
                return Err(Error::Late {
                    what: format!("{waiting} things to do"),
                    patience: REST,
                });
            }
            sleep(LOOK).await;
        }
    }

    /// Orders under way; after the last one events unsent and jobs due in every service, mails unsent, and
    /// delivered orders whose last mail is not there yet: after that nothing follows.
    async fn waiting(&mut self) -> Result<i64, sqlx::Error> {
        let under_way = self.count("orders", UNDER_WAY).await?;
        if under_way > 0 {
            return Ok(under_way);
        }
        let mut sum = 0;
        for service in WITH_DATABASE {
            sum += self.count(service, UNDONE).await?;
        }
        sum += self.count("notifications", UNSENT).await?;
        let delivered = self.count("orders", DELIVERED).await?;
        let told = self.count("notifications", TOLD).await?;
        Ok(sum + (delivered - told).max(0))
    }

    async fn count(&mut self, service: &str, sql: &'static str) -> Result<i64, sqlx::Error> {
        let unknown = || sqlx::Error::Configuration(format!("{service} has no database").into());
        let conn = self.services.get_mut(service).ok_or_else(unknown)?;
        sqlx::query_scalar(sql).fetch_one(conn).await
    }
}

/// Compiling these questions would cost a hundred times what they take.
async fn connect(fleet: &Fleet, service: &str) -> Result<PgConnection, sqlx::Error> {
    let options: PgConnectOptions = fleet.database(service).parse()?;
    options.options([("jit", "off")]).connect().await
}
