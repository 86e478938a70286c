//! Accounts: confirm the address, welcome, forgotten password.

use contracts::ContactEvent;
use messaging::{Meta, Reaction, Tx};

use crate::domain::mail::{Kind, Letter, Shop};
use crate::{Error, send};

/// Hears `auth.contact.v1`.
pub(crate) struct OnContact {
    pub(crate) shop: Shop,
}

impl Reaction for OnContact {
    type Event = ContactEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: ContactEvent, _: &Meta) -> Result<(), Error> {
        let mail = match &event {
            ContactEvent::EmailConfirmationRequested(asked) => Letter {
                kind: Kind::ConfirmEmail,
                about: &asked.account_id,
                recipient: &asked.email,
                name: &asked.name,
                subject: "Please confirm your e-mail address",
                paragraphs: &[
                    "Welcome to Flotilla. Please tell us that this address is yours.",
                    "The link works once, for 24 hours. If you did not sign up, ignore this mail.",
                ],
                button: "Confirm my address",
                link: self.shop.link(&format!("/confirm-email?token={}", asked.token)),
            },
            ContactEvent::AccountWelcomed(welcomed) => Letter {
                kind: Kind::Welcome,
                about: &welcomed.account_id,
                recipient: &welcomed.email,
                name: &welcomed.name,
                subject: "Welcome aboard",
                paragraphs: &[
                    "Your address is confirmed.",
                    "You can buy, follow your orders, and offer things of your own for sale.",
                ],
                button: "Visit the shop",
                link: self.shop.link("/"),
            },
            ContactEvent::PasswordResetRequested(asked) => Letter {
                kind: Kind::ResetPassword,
                about: &asked.account_id,
                recipient: &asked.email,
                name: &asked.name,
                subject: "Choose a new password",
                paragraphs: &[
                    "Somebody, hopefully you, asked for a new password for this address.",
                    "The link works once, for one hour. If it was not you, nothing has changed.",
                ],
                button: "Choose a new password",
                link: self.shop.link(&format!("/reset?token={}", asked.token)),
            },
        };
        send::later(tx, mail.write()?).await
    }
}
