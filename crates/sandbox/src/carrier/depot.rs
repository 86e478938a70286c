//! All parcels of the carrier, each moved by a task of its own that a restart takes up again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::Settings;
use super::shipment::{Shipment, Stage, Step};
use crate::Error;
use crate::deliver::Courier;
use crate::journal::Journal;

/// One line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Booked { shipment: Box<Shipment>, key: String },
    Cancelled { id: String },
    Moved { id: String, step: Step },
    Told { id: String, told: usize },
}

#[derive(Debug, Default)]
struct Parcels {
    all: BTreeMap<String, Shipment>,
    /// Ids by idempotency key.
    keys: HashMap<String, String>,
    /// Ids by the sender's reference.
    references: HashMap<String, Vec<String>>,
    /// Ids by tracking number.
    numbers: HashMap<String, String>,
}

impl Parcels {
    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Booked { shipment, key } => {
                let id = shipment.id.clone();
                self.keys.insert(key, id.clone());
                self.references.entry(shipment.reference.clone()).or_default().push(id.clone());
                self.numbers.insert(shipment.tracking_number.clone(), id.clone());
                self.all.insert(id, *shipment);
            }
            Entry::Cancelled { id } => self.change(&id, |parcel| parcel.stage = Stage::Cancelled),
            Entry::Moved { id, step } => self.change(&id, |parcel| {
                parcel.stage = step.stage;
                parcel.steps.push(step);
            }),
            Entry::Told { id, told } => self.change(&id, |parcel| parcel.told = told),
        }
    }

    fn change(&mut self, id: &str, how: impl FnOnce(&mut Shipment)) {
        if let Some(parcel) = self.all.get_mut(id) {
            how(parcel);
        }
    }
}

/// The carrier itself. Copies share everything.
#[derive(Clone, Debug)]
pub struct Depot {
    parcels: Arc<Mutex<Parcels>>,
    journal: Journal<Entry>,
    courier: Courier,
    pause: Duration,
    pub(crate) key: SecretString,
}

/// What came of asking a parcel back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recall {
    Unknown,
    Cancelled(Box<Shipment>),
    TooLate(Stage),
}

impl Depot {
    /// Opens the depot on its data folder; parcels on their way go on.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let (journal, entries) = Journal::open(&settings.sandbox_dir.join("carrier.jsonl"))?;
        let mut parcels = Parcels::default();
        entries.into_iter().for_each(|entry| parcels.apply(entry));
        let under_way: Vec<String> = parcels
            .all
            .values()
            .filter(|parcel| parcel.stage.next().is_some() || parcel.told < parcel.steps.len())
            .map(|parcel| parcel.id.clone())
            .collect();
        let depot = Self {
            parcels: Arc::new(Mutex::new(parcels)),
            journal,
            courier: Courier::new(
                settings.carrier_webhook_url.clone(),
                settings.carrier_webhook_secret.clone(),
            )?,
            pause: Duration::from_millis(settings.carrier_step_ms),
            key: settings.carrier_api_key.clone(),
        };
        for id in under_way {
            tokio::spawn(depot.clone().carry(id));
        }
        Ok(depot)
    }

    /// Books a parcel; the same key books it once.
    pub(crate) async fn book(&self, shipment: Shipment, key: String) -> Result<Shipment, Error> {
        let booked = {
            let mut parcels = self.parcels();
            let known = parcels.keys.get(&key).and_then(|id| parcels.all.get(id));
            match known {
                Some(known) => known.clone(),
                None => {
                    self.note(
                        &mut parcels,
                        Entry::Booked { shipment: Box::new(shipment.clone()), key },
                    );
                    tokio::spawn(self.clone().carry(shipment.id.clone()));
                    shipment
                }
            }
        };
        self.journal.settled().await?;
        Ok(booked)
    }

    /// Takes a parcel back, until it was picked up.
    pub(crate) async fn cancel(&self, id: &str) -> Result<Recall, Error> {
        let recall = {
            let mut parcels = self.parcels();
            match parcels.all.get(id).cloned() {
                None => Recall::Unknown,
                Some(parcel) if parcel.stage == Stage::Cancelled => {
                    Recall::Cancelled(Box::new(parcel))
                }
                Some(parcel) if parcel.stage == Stage::Booked => {
                    self.note(&mut parcels, Entry::Cancelled { id: id.to_owned() });
                    let stage = Stage::Cancelled;
                    Recall::Cancelled(Box::new(Shipment { stage, ..parcel }))
                }
                Some(parcel) => Recall::TooLate(parcel.stage),
            }
        };
        self.journal.settled().await?;
        Ok(recall)
    }

    pub(crate) async fn with_reference(&self, reference: &str) -> Result<Vec<Shipment>, Error> {
        let found = {
            let parcels = self.parcels();
            let ids = parcels.references.get(reference).into_iter().flatten();
            ids.filter_map(|id| parcels.all.get(id).cloned()).collect()
        };
        self.journal.settled().await?;
        Ok(found)
    }

    pub(crate) fn with_number(&self, number: &str) -> Option<Shipment> {
        let parcels = self.parcels();
        parcels.numbers.get(number).and_then(|id| parcels.all.get(id)).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Shipment> {
        self.parcels().all.values().cloned().collect()
    }

    /// Moves a parcel step by step; the sender has taken the news of a step before the next begins.
    async fn carry(self, id: String) {
        loop {
            let Some(parcel) = self.parcels().all.get(&id).cloned() else { return };
            if let Some(step) = parcel.steps.get(parcel.told) {
                if let Err(error) = self.journal.settled().await {
                    tracing::error!(%error, "a parcel stands still");
                    return;
                }
                self.courier.deliver(&news(&parcel, step)).await;
                let told = Entry::Told { id: id.clone(), told: parcel.told + 1 };
                self.note(&mut self.parcels(), told);
                continue;
            }
            if parcel.stage.next().is_none() {
                return;
            }
            tokio::time::sleep(self.pause).await;
            let mut parcels = self.parcels();
            // Asked again: it may have been cancelled meanwhile.
            let now = parcels.all.get(&id).and_then(|parcel| parcel.stage.next());
            let Some(stage) = now else { return };
            let step = Step {
                id: format!("trk_{}", Uuid::new_v4().simple()),
                stage,
                at: kernel::unix_seconds(),
            };
            self.note(&mut parcels, Entry::Moved { id: id.clone(), step });
        }
    }

    /// In the journal and in the list, in the same order.
    fn note(&self, parcels: &mut Parcels, entry: Entry) {
        self.journal.append(&entry);
        parcels.apply(entry);
    }

    fn parcels(&self) -> MutexGuard<'_, Parcels> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a webhook.
fn news(parcel: &Shipment, step: &Step) -> String {
    json!({
        "id": step.id,
        "type": "shipment.tracked",
        "created": step.at,
        "data": {
            "shipment": parcel.id,
            "reference": parcel.reference,
            "tracking_number": parcel.tracking_number,
            "status": step.stage,
        },
    })
    .to_string()
}
