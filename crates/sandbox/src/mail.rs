//! The mail server: takes every mail by SMTP, sends none on, and shows them as a mailbox.
//!
//! Read `smtp` (how mails come), `store` (where they are kept) and `pages` (how they are seen).

mod pages;
mod smtp;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use store::{Envelope, Store};

use crate::{Error, serve};

/// Settings of the mail server.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the mailbox is served.
    #[arg(long, env = "HTTP_ADDR", default_value = "127.0.0.1:8123")]
    pub http_addr: SocketAddr,
    /// Where mails are taken.
    #[arg(long, env = "SMTP_ADDR", default_value = "127.0.0.1:8124")]
    pub smtp_addr: SocketAddr,
    /// The folder in which mails are kept.
    #[arg(long, env = "SANDBOX_DIR")]
    pub sandbox_dir: PathBuf,
}

/// Runs the mail server until SIGTERM.
///
/// # Errors
/// A taken port, or a data folder that cannot be used.
pub async fn mail(settings: Settings) -> Result<(), Error> {
    serve::start_logs();
    let stop = serve::until_told()?;
    let smtp = serve::listen(settings.smtp_addr).await?;
    let http = serve::listen(settings.http_addr).await?;
    let store = Store::open(&settings.sandbox_dir)?;
    tracing::info!(http = %settings.http_addr, smtp = %settings.smtp_addr, "the mail sandbox is ready");
    tokio::spawn(take_mails(smtp, store.clone(), stop.clone()));
    serve::serve(http, router(store), stop).await
}

/// The mailbox: pages with relative links, so that it may be shown below any path, and `/api/mails`.
pub fn router(store: Store) -> Router {
    pages::routes().with_state(store)
}

/// Takes mails by SMTP until `stop`.
pub async fn take_mails(listener: TcpListener, store: Store, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(smtp::converse(stream, store.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
