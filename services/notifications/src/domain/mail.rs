//! A mail in words: subject, plain text, and the same as HTML.

use askama::Template;
use serde::{Deserialize, Serialize};

/// What kind of mail it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    ConfirmEmail,
    Welcome,
    ResetPassword,
    OrderPlaced,
    OrderConfirmed,
    OrderShipped,
    OrderDelivered,
    OrderCancelled,
}

impl Kind {
    /// As tables and events write it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm_email",
            Self::Welcome => "welcome",
            Self::ResetPassword => "reset_password",
            Self::OrderPlaced => "order_placed",
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderShipped => "order_shipped",
            Self::OrderDelivered => "order_delivered",
            Self::OrderCancelled => "order_cancelled",
        }
    }
}

/// A mail before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) kind: Kind,
    /// The order or account that it is about.
    pub(crate) about: String,
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// The shop that writes: where its links lead.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    base: String,
}

impl Shop {
    pub(crate) fn new(public_url: &str) -> Self {
        Self { base: public_url.trim_end_matches('/').to_owned() }
    }

    /// An address in the shop.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A mail with a greeting, some paragraphs and one button: everything but orders.
#[derive(Template)]
#[template(path = "letter.html")]
struct LetterHtml<'a> {
    subject: &'a str,
    name: &'a str,
    paragraphs: &'a [&'a str],
    button: &'a str,
    link: &'a str,
}

/// What a letter says.
pub(crate) struct Letter<'a> {
    pub(crate) kind: Kind,
    pub(crate) about: &'a str,
    pub(crate) recipient: &'a str,
    pub(crate) name: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) paragraphs: &'a [&'a str],
    pub(crate) button: &'a str,
    pub(crate) link: String,
}

impl Letter<'_> {
    /// Writes it out.
    pub(crate) fn write(&self) -> Result<Mail, askama::Error> {
        let html = LetterHtml {
            subject: self.subject,
            name: self.name,
            paragraphs: self.paragraphs,
            button: self.button,
            link: &self.link,
        };
        let text = format!(
            "Hello {},\n\n{}\n\n{}: {}\n\nFlotilla\n",
            self.name,
            self.paragraphs.join("\n\n"),
            self.button,
            self.link
        );
        Ok(Mail {
            kind: self.kind,
            about: self.about.to_owned(),
            recipient: self.recipient.to_owned(),
            subject: self.subject.to_owned(),
            text,
            html: html.render()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_write_html() {
        let letter = Letter {
            kind: Kind::Welcome,
            about: "acc_1",
            recipient: "eve@example.org",
            name: "<script>alert(1)</script>",
            subject: "Welcome aboard",
            paragraphs: &["One."],
            button: "Visit the shop",
            link: "http://shop.test/".to_owned(),
        };

        let mail = letter.write().unwrap();

        assert!(!mail.html.contains("<script>"));
        assert!(mail.text.contains("Visit the shop: http://shop.test/"));
    }
}
