//! What payments needs of a payment provider, whoever that is.

use std::future::Future;

use kernel::{Money, PaymentId};
use messaging::{Classify, ErrorClass};
use url::Url;
use web::client::CallError;

use crate::domain::work::Seen;

/// A card page that was opened for a shopper.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// Where the shopper's browser goes.
    pub(crate) url: String,
}

/// Asks a bank, through somebody who may. Whatever has an effect carries an idempotency key; the
/// payment's id is the reference by which its fate is found again.
pub(crate) trait Provider: Clone + Send + Sync + 'static {
    /// Opens a card page; the same key opens it once.
    fn open_session(
        &self,
        payment: PaymentId,
        amount: Money,
        return_url: &Url,
        key: &str,
    ) -> impl Future<Output = Result<Session, ProviderError>> + Send;

    /// Holds the amount on the card that was entered in the session.
    fn authorize(
        &self,
        payment: PaymentId,
        session: &str,
        amount: Money,
        key: &str,
    ) -> impl Future<Output = Result<Seen, ProviderError>> + Send;

    /// Takes what is held.
    fn capture(
        &self,
        authorization: &str,
        key: &str,
    ) -> impl Future<Output = Result<Seen, ProviderError>> + Send;

    /// Lets go of what is held.
    fn void(
        &self,
        authorization: &str,
        key: &str,
    ) -> impl Future<Output = Result<Seen, ProviderError>> + Send;

    /// Gives back what was taken.
    fn refund(
        &self,
        authorization: &str,
        key: &str,
    ) -> impl Future<Output = Result<Seen, ProviderError>> + Send;

    /// What has become of a payment; `None`: the provider has never heard of it.
    fn find(
        &self,
        payment: PaymentId,
    ) -> impl Future<Output = Result<Option<Seen>, ProviderError>> + Send;
}

/// Why the provider gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Nobody was reached: nothing can have happened.
    #[error("not reached")]
    Unreachable(#[source] CallError),
    /// No answer, or one that cannot be read: what happened is unknown.
    #[error("the outcome is unknown")]
    Unknown(#[source] CallError),
    /// The provider itself is in trouble (5xx, 429).
    #[error("answered {0}")]
    Down(u16),
    /// The state of the authorization does not allow it (409).
    #[error("refused: the state has changed")]
    WrongState,
    /// The provider will never accept this (other 4xx).
    #[error("refused with {0}")]
    Refused(u16),
    /// The bank has not answered the provider yet.
    #[error("the bank has not answered yet")]
    Pending,
    /// A client cannot be made.
    #[error("no client: {0}")]
    Client(#[from] reqwest::Error),
}

impl From<CallError> for ProviderError {
    fn from(error: CallError) -> Self {
        match &error {
            CallError::Busy(_) => Self::Unreachable(error),
            CallError::NoAnswer { source, .. } if source.is_connect() => Self::Unreachable(error),
            CallError::NoAnswer { .. } | CallError::Unreadable { .. } => Self::Unknown(error),
        }
    }
}

impl Classify for ProviderError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Unreachable(_) | Self::Down(_) => ErrorClass::Unavailable,
            Self::Unknown(_) | Self::WrongState | Self::Pending => ErrorClass::Later,
            Self::Refused(_) | Self::Client(_) => ErrorClass::Permanent,
        }
    }
}
