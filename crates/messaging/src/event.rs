//! What an event is to the one who says it and to the one who hears it.

/// A fact that a service tells the others; the contracts crate implements it for generated messages.
pub trait Event: Send + Sync {
    /// The name of the contract, as in `flotilla.orders.v1.OrderPlaced`; becomes `ce_type`.
    const TYPE: &'static str;
    /// The topic that the contract names.
    const TOPIC: &'static str;

    /// The ordering key: events with the same key are handled in the order of their commits.
    fn key(&self) -> &str;

    /// The aggregate that the event is about; becomes `ce_subject`.
    fn subject(&self) -> &str;

    /// The payload, in the contract's encoding.
    fn encode(&self) -> Vec<u8>;
}

/// The events of one topic that a consumer understands.
pub trait EventSet: Sized + Send + Sync + 'static {
    /// The topic that carries them.
    const TOPIC: &'static str;

    /// Decodes one event. `Ok(None)` is a type that this build does not know, said by a newer
    /// producer: it is skipped and counted.
    ///
    /// # Errors
    /// The payload is not what its type says; the record is parked for a person.
    fn decode(event_type: &str, payload: &[u8]) -> Result<Option<Self>, DecodeError>;
}

/// A payload that its own type cannot read.
#[derive(Debug, thiserror::Error)]
#[error("cannot decode the event: {0}")]
pub struct DecodeError(pub String);

/// An event on its way into the outbox: encoded, with the version of its aggregate.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub(crate) event_type: &'static str,
    pub(crate) topic: &'static str,
    pub(crate) key: String,
    pub(crate) subject: String,
    pub(crate) version: i64,
    pub(crate) payload: Vec<u8>,
}

impl Outgoing {
    /// Encodes `event`. The version is 0 until [`Outgoing::version`] says otherwise.
    pub fn new<E: Event>(event: &E) -> Self {
        Self {
            event_type: E::TYPE,
            topic: E::TOPIC,
            key: event.key().to_owned(),
            subject: event.subject().to_owned(),
            version: 0,
            payload: event.encode(),
        }
    }

    /// Sets the version of the aggregate that this event brought about.
    #[must_use]
    pub fn version(self, aggregate_version: i64) -> Self {
        Self { version: aggregate_version, ..self }
    }

    /// The contract's name.
    pub fn event_type(&self) -> &str {
        self.event_type
    }

    /// The topic it goes to.
    pub fn topic(&self) -> &str {
        self.topic
    }

    /// The ordering key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The encoded payload.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}
