//! Where the shop and the world around it are.

use super::Error;

/// Addresses (without a slash at the end) and what opens doors there.
#[derive(Clone, Debug)]
pub struct Places {
    /// The gateway, as browsers reach it.
    pub gateway: String,
    /// The mail sandbox; its JSON API.
    pub mailbox: String,
    /// The card processor's sandbox; its API and card pages.
    pub provider: String,
    /// The Bearer key of the processor's API.
    pub provider_key: String,
    /// Signs the processor's webhooks.
    pub provider_webhook_secret: String,
    /// The carrier's sandbox.
    pub carrier: String,
    /// The Bearer key of the carrier's API.
    pub carrier_key: String,
    /// Who runs the shop: address and password.
    pub staff: (String, String),
}

fn given(name: &'static str) -> Result<String, Error> {
    let value = std::env::var_os(name).and_then(|value| value.into_string().ok());
    let value = value.filter(|value| !value.is_empty()).ok_or(Error::Missing(name))?;
    Ok(value.trim_end_matches('/').to_owned())
}

impl Places {
    /// Reads `FLOTILLA_E2E`, `MAILBOX_URL`, `PAYMENT_PROVIDER_URL`, `CARRIER_URL` and the keys, as
    /// `./dev test e2e`, `./dev chaos` and `./dev bench` set them. `STAFF_EMAIL` and `STAFF_PASSWORD`
    /// have the demo login as default.
    ///
    /// # Errors
    /// [`Error::Missing`] names the variable that is missing.
    pub fn of_environment() -> Result<Self, Error> {
        let email = given("STAFF_EMAIL").unwrap_or_else(|_| "staff@flotilla.test".to_owned());
        let password = given("STAFF_PASSWORD").unwrap_or_else(|_| "anchors aweigh".to_owned());
        Ok(Self {
            gateway: given("FLOTILLA_E2E")?,
            mailbox: given("MAILBOX_URL")?,
            provider: given("PAYMENT_PROVIDER_URL")?,
            provider_key: given("PAYMENT_API_KEY")?,
            provider_webhook_secret: given("PAYMENT_WEBHOOK_SECRET")?,
            carrier: given("CARRIER_URL")?,
            carrier_key: given("CARRIER_API_KEY")?,
            staff: (email, password),
        })
    }
}
