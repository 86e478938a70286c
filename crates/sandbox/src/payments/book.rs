//! What the card processor knows, as a fold over its journal.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::cards::Card;

/// What became of an amount.
///
/// ```text
/// pending ──▶ authorized ──▶ captured ──▶ refunded
///    └──▶ declined  └──▶ voided
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The bank has not answered yet.
    Pending,
    /// Held on the card.
    Authorized,
    /// Refused.
    Declined,
    /// Taken.
    Captured,
    /// No longer held.
    Voided,
    /// Given back.
    Refunded,
}

/// An amount that was asked of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// `aut_…`.
    pub id: String,
    /// The session in which the card was entered.
    pub session: String,
    /// The merchant's own name for it.
    pub reference: String,
    /// In the currency's minor unit.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// What became of it.
    pub status: Status,
    /// Why it was declined, for people.
    pub reason: Option<String>,
    /// The last digits of the card; empty when there was none.
    pub last4: String,
    /// Unix milliseconds from which on the outcome shows.
    pub known_at_ms: i64,
}

impl Authorization {
    /// As it shows at a time (unix milliseconds).
    pub(crate) fn at(&self, now_ms: i64) -> Self {
        let status = if now_ms < self.known_at_ms { Status::Pending } else { self.status };
        Self { status, ..self.clone() }
    }
}

/// A shopper's visit to the card page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) reference: String,
    pub(crate) return_url: String,
    #[serde(default)]
    pub(crate) card: Option<Card>,
    /// A card whose bank waits for the code.
    #[serde(default)]
    pub(crate) challenged: Option<Card>,
    #[serde(default)]
    pub(crate) wrong_codes: u8,
}

/// A webhook on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) data: Authorization,
}

/// One line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    Opened {
        session: Box<Session>,
        key: Option<String>,
    },
    CardEntered {
        session: String,
        card: Card,
    },
    Challenged {
        session: String,
        card: Card,
    },
    WrongCode {
        session: String,
    },
    /// A new authorization, or a new status of one (the event's data), asked for under a key.
    Changed {
        key: String,
        event: Box<Event>,
    },
    Delivered {
        event: String,
    },
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) authorizations: BTreeMap<String, Authorization>,
    /// Authorizations by the merchant's reference.
    pub(crate) references: HashMap<String, Vec<String>>,
    /// What was answered under an idempotency key.
    pub(crate) answers: HashMap<String, Authorization>,
    /// Sessions by idempotency key.
    pub(crate) openings: HashMap<String, String>,
    /// Webhooks that nobody has taken yet.
    pub(crate) undelivered: BTreeMap<String, Event>,
}

impl Book {
    pub(crate) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Opened { session, key } => {
                self.openings.extend(key.map(|key| (key, session.id.clone())));
                self.sessions.insert(session.id.clone(), *session);
            }
            Entry::CardEntered { session, card } => self.change(&session, |session| {
                session.card = Some(card);
                session.challenged = None;
            }),
            Entry::Challenged { session, card } => {
                self.change(&session, |session| session.challenged = Some(card));
            }
            Entry::WrongCode { session } => self.change(&session, |session| {
                session.wrong_codes += 1;
            }),
            Entry::Changed { key, event } => {
                let authorization = event.data.clone();
                let id = authorization.id.clone();
                if !self.authorizations.contains_key(&id) {
                    let known = self.references.entry(authorization.reference.clone());
                    known.or_default().push(id.clone());
                }
                self.answers.insert(key, authorization.clone());
                self.authorizations.insert(id, authorization);
                self.undelivered.insert(event.id.clone(), *event);
            }
            Entry::Delivered { event } => {
                self.undelivered.remove(&event);
            }
        }
    }

    fn change(&mut self, session: &str, how: impl FnOnce(&mut Session)) {
        if let Some(session) = self.sessions.get_mut(session) {
            how(session);
        }
    }
}
