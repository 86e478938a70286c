//! How the book changes: every change is in the journal before anybody hears of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use super::Settings;
use super::book::{Authorization, Book, Entry, Event, Session, Status};
use super::cards::{Behaviour, Card};
use crate::Error;
use crate::deliver::Courier;
use crate::journal::Journal;

/// How long the slow card takes.
const SLOW_MS: i64 = 5_000;
/// How late the webhook of the card is that has it late and twice.
const LATE: Duration = Duration::from_secs(2);
/// Wrong codes until the bank gives up.
const CODES: u8 = 3;

/// The card processor itself. Copies share everything.
#[derive(Clone, Debug)]
pub struct Till {
    book: Arc<Mutex<Book>>,
    journal: Journal<Entry>,
    courier: Courier,
    pub(crate) key: SecretString,
    pub(crate) public_url: Url,
}

/// Why a request changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such thing")]
    Unknown,
    #[error("the state of the authorization does not allow it")]
    WrongState,
    #[error("this key was used for another request")]
    KeyReused,
    #[error("the amount is not the session's")]
    WrongAmount,
}

/// What a new authorization does to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Plain,
    /// Recorded, but not to be told.
    Unheard,
}

impl Till {
    /// Opens the till on its data folder and goes on delivering what was not taken yet.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let (journal, entries) = Journal::open(&settings.sandbox_dir.join("payments.jsonl"))?;
        let mut book = Book::default();
        entries.into_iter().for_each(|entry| book.apply(entry));
        let fallback = format!("http://{}", settings.http_addr);
        let public_url = match &settings.public_url {
            Some(url) => url.clone(),
            None => fallback.parse().map_err(std::io::Error::other)?,
        };
        let left: Vec<Event> = book.undelivered.values().cloned().collect();
        let till = Self {
            book: Arc::new(Mutex::new(book)),
            journal,
            courier: Courier::new(
                settings.payment_webhook_url.clone(),
                settings.payment_webhook_secret.clone(),
            )?,
            key: settings.payment_api_key.clone(),
            public_url,
        };
        for event in left {
            tokio::spawn(till.clone().deliver(event, false));
        }
        Ok(till)
    }

    /// Looks into the book; what is seen has been made to last.
    pub(crate) async fn look<T>(&self, ask: impl FnOnce(&Book) -> T) -> Result<T, Error> {
        let seen = ask(&self.book());
        self.journal.settled().await?;
        Ok(seen)
    }

    /// Opens a session; the same key opens it once.
    pub(crate) async fn open_session(
        &self,
        session: Session,
        key: Option<String>,
    ) -> Result<Session, Error> {
        let opened = {
            let mut book = self.book();
            let known = key.as_ref().and_then(|key| book.openings.get(key));
            match known.and_then(|id| book.sessions.get(id)) {
                Some(known) => known.clone(),
                None => {
                    self.note(&mut book, Entry::Opened { session: Box::new(session.clone()), key });
                    session
                }
            }
        };
        self.journal.settled().await?;
        Ok(opened)
    }

    /// Takes a card for a session. `true`: the bank wants the code first.
    pub(crate) async fn enter_card(&self, session: &str, card: Card) -> Result<bool, Error> {
        let session = session.to_owned();
        let challenged = card.behaviour == Behaviour::Challenge;
        let entry = if challenged {
            Entry::Challenged { session, card }
        } else {
            Entry::CardEntered { session, card }
        };
        self.note(&mut self.book(), entry);
        self.journal.settled().await?;
        Ok(challenged)
    }

    /// Takes the bank's code. `None`: wrong, and another try is allowed.
    pub(crate) async fn enter_code(&self, id: &str, right: bool) -> Result<Option<bool>, Error> {
        let outcome = {
            let mut book = self.book();
            let session = book.sessions.get(id).cloned();
            match session.and_then(|session| Some((session.challenged?, session.wrong_codes))) {
                Some((card, wrong)) if right && wrong < CODES => {
                    self.note(&mut book, Entry::CardEntered { session: id.to_owned(), card });
                    Some(true)
                }
                Some((_, wrong)) if wrong < CODES => {
                    self.note(&mut book, Entry::WrongCode { session: id.to_owned() });
                    (wrong + 1 == CODES).then_some(false)
                }
                _ => Some(false),
            }
        };
        self.journal.settled().await?;
        Ok(outcome)
    }

    /// Asks the bank for the amount, once a key.
    pub(crate) async fn authorize(
        &self,
        session: &str,
        reference: &str,
        amount_minor: i64,
        key: String,
    ) -> Result<Result<(Authorization, Manner), Refusal>, Error> {
        let key = format!("authorize {key}");
        let decided = {
            let mut book = self.book();
            match book.answers.get(&key) {
                Some(known) if known.session != session || known.reference != reference => {
                    Err(Refusal::KeyReused)
                }
                Some(known) => Ok((known.clone(), Manner::Plain)),
                None => decide(&book, session, reference, amount_minor).map(|(new, behaviour)| {
                    let lost = behaviour == Some(Behaviour::AnswerLost);
                    // The key is lost with the answer: whoever asks again without a look is refused.
                    let key = if lost { format!("lost {}", new.id) } else { key };
                    self.change(&mut book, new.clone(), key, behaviour);
                    (new, if lost { Manner::Unheard } else { Manner::Plain })
                }),
            }
        };
        self.journal.settled().await?;
        if let Ok((authorization, _)) = &decided {
            tokio::time::sleep(until(authorization.known_at_ms)).await;
        }
        Ok(decided)
    }

    /// Captures, voids or refunds; doing it again changes nothing.
    pub(crate) async fn advance(
        &self,
        id: &str,
        to: Status,
        key: &str,
    ) -> Result<Result<Authorization, Refusal>, Error> {
        let decided = {
            let mut book = self.book();
            let now = now_ms();
            match book.authorizations.get(id).map(|known| known.at(now)) {
                None => Err(Refusal::Unknown),
                Some(known) if known.status == to => Ok(known),
                Some(known) if follows(known.status, to) => {
                    let after = Authorization { status: to, ..known };
                    let key = format!("{id} {to:?} {key}");
                    self.change(&mut book, after.clone(), key, None);
                    Ok(after)
                }
                Some(_) => Err(Refusal::WrongState),
            }
        };
        self.journal.settled().await?;
        Ok(decided)
    }

    fn change(
        &self,
        book: &mut Book,
        authorization: Authorization,
        key: String,
        behaviour: Option<Behaviour>,
    ) {
        let event = Event {
            id: format!("evt_{}", Uuid::new_v4().simple()),
            kind: format!("authorization.{}", format!("{:?}", authorization.status).to_lowercase()),
            created: kernel::unix_seconds(),
            data: authorization,
        };
        self.note(book, Entry::Changed { key, event: Box::new(event.clone()) });
        let twice = behaviour == Some(Behaviour::WebhookTwice);
        tokio::spawn(self.clone().deliver(event, twice));
    }

    async fn deliver(self, event: Event, late_and_twice: bool) {
        if let Err(error) = self.journal.settled().await {
            tracing::error!(%error, "a webhook is not sent");
            return;
        }
        tokio::time::sleep(until(event.data.known_at_ms)).await;
        let body = serde_json::to_string(&event).unwrap_or_default();
        if late_and_twice {
            tokio::time::sleep(LATE).await;
            self.courier.deliver(&body).await;
        }
        self.courier.deliver(&body).await;
        // Not waited for: after a crash the webhook is sent once more, which receivers must bear.
        self.note(&mut self.book(), Entry::Delivered { event: event.id });
    }

    /// In the journal and in the book, in the same order.
    fn note(&self, book: &mut Book, entry: Entry) {
        self.journal.append(&entry);
        book.apply(entry);
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn follows(from: Status, to: Status) -> bool {
    matches!(
        (from, to),
        (Status::Authorized, Status::Captured | Status::Voided)
            | (Status::Captured, Status::Refunded)
    )
}

/// What the bank says to a new request.
fn decide(
    book: &Book,
    session: &str,
    reference: &str,
    amount_minor: i64,
) -> Result<(Authorization, Option<Behaviour>), Refusal> {
    let session = book.sessions.get(session).ok_or(Refusal::Unknown)?;
    if session.amount_minor != amount_minor {
        return Err(Refusal::WrongAmount);
    }
    let earlier = book.references.get(reference).into_iter().flatten();
    let mut earlier = earlier.filter_map(|id| book.authorizations.get(id));
    if earlier.any(|known| known.session == session.id && known.status != Status::Declined) {
        return Err(Refusal::WrongState);
    }
    let behaviour = session.card.as_ref().map(|card| card.behaviour);
    let reason = match behaviour {
        None => Some("no card was entered"),
        Some(Behaviour::Decline) => Some("the bank refused the card"),
        Some(_) => None,
    };
    let wait = if behaviour == Some(Behaviour::Slow) { SLOW_MS } else { 0 };
    let authorization = Authorization {
        id: format!("aut_{}", Uuid::new_v4().simple()),
        session: session.id.clone(),
        reference: reference.to_owned(),
        amount_minor,
        currency: session.currency.clone(),
        status: if reason.is_some() { Status::Declined } else { Status::Authorized },
        reason: reason.map(str::to_owned),
        last4: session.card.as_ref().map(|card| card.last4.clone()).unwrap_or_default(),
        known_at_ms: now_ms() + wait,
    };
    Ok((authorization, behaviour))
}

/// Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    let nanos = kernel::now().unix_timestamp_nanos();
    i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

fn until(at_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_ms - now_ms()).unwrap_or(0))
}
