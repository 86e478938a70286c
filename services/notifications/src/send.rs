//! How a mail leaves: a row and a job in the event's transaction, SMTP outside of it.
//!
//! E-mail is at least once: a mail server that took a mail and then lost the connection gets it again.
//! Both carry the same `Message-ID`, by which readers' programs tell.

use std::time::Duration;

use contracts::notifications::EmailSent;
use kernel::EmailId;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use messaging::{Attempt, GaveUp, Outgoing, Settled, Tx, Worker};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::domain::mail::{Kind, Mail};
use crate::store;
use crate::store::emails::Letter;
use crate::{Config, Error};

/// Writes a mail and queues it, in the caller's transaction.
pub(crate) async fn later(tx: &mut Tx, mail: Mail) -> Result<(), Error> {
    let id = EmailId::new();
    store::emails::save(tx, id, &mail).await?;
    let job = Job { id, kind: mail.kind, about: mail.about.clone() };
    messaging::enqueue::<SendMail>(tx, &mail.about, &job).await?;
    Ok(())
}

/// A mail to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    id: EmailId,
    kind: Kind,
    about: String,
}

/// Sends mails, those about one order in their order.
pub(crate) struct SendMail {
    db: PgPool,
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
}

impl SendMail {
    pub(crate) fn new(config: &Config, db: PgPool) -> Result<Self, runtime::Error> {
        let wrong = |name, reason: String| runtime::Error::WrongSetting { name, reason };
        let host = config.smtp_url.host_str().filter(|_| config.smtp_url.scheme() == "smtp");
        let host = host.ok_or_else(|| wrong("SMTP_URL", "expected smtp://host:port".to_owned()))?;
        let from: Mailbox =
            config.mail_from.parse().map_err(|error| wrong("MAIL_FROM", format!("{error}")))?;
        let smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.smtp_url.port().unwrap_or(25))
            .timeout(Some(Duration::from_secs(10)))
            .build();
        let domain = from.email.domain().to_owned();
        Ok(Self { db, smtp, from, domain })
    }

    fn message(&self, id: EmailId, letter: Letter) -> Result<Message, Error> {
        let unsendable = |error: String| Error::Unsendable(error);
        let to = letter.recipient.parse().map_err(|error| unsendable(format!("{error}")))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .message_id(Some(format!("<{id}@{}>", self.domain)))
            .multipart(MultiPart::alternative_plain_html(letter.body_text, letter.body_html))
            .map_err(|error| unsendable(error.to_string()))
    }
}

impl Worker for SendMail {
    const QUEUE: &'static str = "mail";
    type Job = Job;
    type Outcome = ();
    type Error = Error;

    async fn call(&self, job: &Job, _: &Attempt) -> Result<(), Error> {
        let letter = store::emails::letter(&self.db, job.id).await?;
        let sent = self.smtp.send(self.message(job.id, letter)?).await;
        sent.map(drop).map_err(|error| match error.is_permanent() {
            true => Error::Unsendable(error.to_string()),
            false => Error::MailServer(error.to_string()),
        })
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Job,
        outcome: Result<&(), GaveUp>,
    ) -> Result<Settled, Error> {
        let failure = outcome.err().map(|gave_up| gave_up.0);
        store::emails::settle(tx, job.id, failure.as_deref()).await?;
        if failure.is_none() {
            let sent = EmailSent {
                email_id: job.id.to_string(),
                template: job.kind.as_str().to_owned(),
                about: job.about.clone(),
            };
            messaging::append(tx, [Outgoing::new(&sent)]).await?;
        }
        Ok(Settled::Done)
    }
}
