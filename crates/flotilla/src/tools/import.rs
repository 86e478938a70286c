//! `flotilla catalog import FILE --currency EUR`: sends a Shopify product CSV and follows its progress.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::api::{Api, Session};

#[derive(Subcommand)]
pub(crate) enum Catalog {
    /// Imports a Shopify product CSV. The same file twice changes nothing.
    Import(Import),
}

#[derive(Args)]
pub(crate) struct Import {
    /// The file.
    file: PathBuf,
    /// The currency of its prices: Shopify's file names none.
    #[arg(long)]
    currency: kernel::Currency,
    #[command(flatten)]
    api: Api,
}

impl Catalog {
    pub(crate) async fn run(self) -> Result<()> {
        let Self::Import(import) = self;
        let name = import.file.display().to_string();
        let csv = std::fs::read(&import.file).with_context(|| name.clone())?;
        let session = import.api.sign_in().await?;
        send(&session, csv, import.currency).await.context(name)
    }
}

/// Sends a file and waits until all of it is done. Prints what happened to each wrong row.
pub(crate) async fn send(
    session: &Session,
    csv: Vec<u8>,
    currency: kernel::Currency,
) -> Result<()> {
    let path = format!("/api/catalog/v1/imports?currency={currency}");
    let import = session.upload(&path, "text/csv", csv).await?;
    let id = import["import_id"].as_str().context("no import_id")?.to_owned();
    let mut shown = 0;
    loop {
        let import = session.get(&format!("/api/catalog/v1/imports/{id}")).await?;
        let number = |pointer: &str| import.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        if number("/rows/done") != shown {
            shown = number("/rows/done");
            eprintln!("{shown} of {} rows", number("/rows/total"));
        }
        if import["state"] == "done" || import["state"] == "refused" {
            let errors = import["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
            for error in errors {
                println!("row {} {}: {}", error["row"], error["field"], error["message"]);
            }
            println!(
                "{} products created, {} changed, {} unchanged, {} errors",
                number("/products/created"),
                number("/products/changed"),
                number("/products/unchanged"),
                errors.len()
            );
            ensure!(import["state"] == "done", "the file was refused");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
