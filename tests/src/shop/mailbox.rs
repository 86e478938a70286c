//! The mails that the fleet has sent, as the mail sandbox took them.

use std::time::Duration;

use serde::Deserialize;

use super::{Error, Shop, encoded, json, until};

/// A mail.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    /// Sorts by arrival.
    pub id: String,
    /// Who got it.
    pub to: Vec<String>,
    /// Decoded.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
}

impl Mail {
    /// What follows a piece of a link in the text, up to the end of that word.
    #[must_use]
    pub fn parameter(&self, link: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(link)?;
        let end = |letter: char| letter.is_whitespace() || "&>)\"'".contains(letter);
        Some(rest.split(end).next().unwrap_or(rest).to_owned())
    }
}

#[derive(Deserialize)]
struct Mails {
    mails: Vec<Mail>,
}

impl Shop {
    /// All mails to an address, the oldest first.
    ///
    /// # Errors
    /// When the mailbox does not answer.
    pub async fn mails(&self, to: &str) -> Result<Vec<Mail>, Error> {
        let url = format!("{}/api/mails?limit=1000&to={}", self.places.mailbox, encoded(to));
        let mut found = json::<Mails>(self.http.get(url)).await?.mails;
        found.reverse();
        Ok(found)
    }

    /// Waits for a mail to an address whose subject begins so.
    ///
    /// # Errors
    /// [`Error::Late`] when the time is up.
    pub async fn mail(&self, to: &str, subject: &str, patience: Duration) -> Result<Mail, Error> {
        until(&format!("the mail “{subject}…” to {to}"), patience, || async {
            let found = self.mails(to).await?;
            Ok(found.into_iter().find(|mail| mail.subject.starts_with(subject)))
        })
        .await
    }
}
