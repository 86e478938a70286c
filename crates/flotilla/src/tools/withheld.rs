//! `flotilla withheld list|release|skip`: events that Kafka does not take wait for a person or their topic.

use anyhow::{Result, ensure};
use clap::Subcommand;

use super::parked::{Database, Decision};
use crate::services;

#[derive(Subcommand)]
pub(crate) enum Withheld {
    /// Lists what is withheld, in every service.
    List(Database),
    /// Has a key's events sent, in order: after the topic's limit was raised, say.
    Release(Decision),
    /// Gives an event up and sends those behind it.
    Skip(Decision),
}

impl Withheld {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::List(database) => list(&database).await,
            Self::Release(decision) => {
                let mut conn = decision.connect().await?;
                let Decision { id, actor, reason, .. } = &decision;
                let done = messaging::withheld::release(&mut conn, *id, actor, reason).await?;
                ensure!(done, "event {id} does not wait for a person");
                println!("event {id} and the others of its key are sent");
                Ok(())
            }
            Self::Skip(decision) => {
                let mut conn = decision.connect().await?;
                let Decision { id, actor, reason, .. } = &decision;
                let done = messaging::withheld::skip(&mut conn, *id, actor, reason).await?;
                ensure!(done, "event {id} does not wait for a person");
                println!("event {id} is given up");
                Ok(())
            }
        }
    }
}

async fn list(database: &Database) -> Result<()> {
    let mut found = 0;
    for service in services::with_database() {
        let mut conn = database.connect(service.name).await?;
        for event in messaging::withheld::list(&mut conn, 100).await? {
            found += 1;
            let why = event.refusal.as_deref().unwrap_or(match event.state.as_str() {
                "topic" => "waits for its topic",
                _ => "waits behind another",
            });
            println!(
                "{:<13} {:>6}  {:<9} {} {} {}: {why}",
                service.name,
                event.id,
                event.state,
                event.event_type,
                event.key,
                event.withheld_at.date(),
            );
        }
    }
    println!("{found} events are withheld");
    Ok(())
}
