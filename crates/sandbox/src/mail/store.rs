//! Mails as files, with a journal of who sent them to whom.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::journal::Journal;

/// What SMTP says about a mail, besides the mail itself (RFC 5321).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Names the mail and its file; later mails sort behind earlier ones.
    pub id: String,
    /// The return path.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// The `Subject` of the mail, decoded.
    pub subject: String,
    /// Unix seconds.
    pub received_at: i64,
}

/// Every mail that was taken. Copies share everything.
#[derive(Clone, Debug)]
pub struct Store {
    folder: Arc<Path>,
    journal: Journal<Envelope>,
    envelopes: Arc<RwLock<Vec<Envelope>>>,
}

impl Store {
    /// Opens the store on its data folder.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let (journal, envelopes) = Journal::open(&folder.join("mails.jsonl"))?;
        std::fs::create_dir_all(folder.join("mails"))?;
        remove_forgotten(&folder.join("mails"), &envelopes)?;
        Ok(Self { folder: folder.into(), journal, envelopes: Arc::new(RwLock::new(envelopes)) })
    }

    /// Keeps a mail. It is in its file, and in the journal, when this returns.
    pub(crate) async fn keep(
        &self,
        from: String,
        to: Vec<String>,
        mail: &[u8],
    ) -> Result<(), Error> {
        let subject = mail_parser::MessageParser::default()
            .parse_headers(mail)
            .and_then(|parsed| parsed.subject().map(str::to_owned))
            .unwrap_or_default();
        let mut envelope =
            Envelope { id: String::new(), from, to, subject, received_at: kernel::unix_seconds() };
        envelope.id = kernel::EmailId::new().uuid().simple().to_string();
        tokio::fs::write(self.path(&envelope.id), mail).await?;
        {
            let mut envelopes = self.envelopes.write().unwrap_or_else(PoisonError::into_inner);
            self.journal.append(&envelope);
            envelopes.push(envelope);
        }
        self.journal.settled().await
    }

    /// The newest mails, to a recipient whose address contains `to` (all when empty).
    pub(crate) fn list(&self, to: &str, limit: usize) -> Vec<Envelope> {
        let wanted = to.trim().to_lowercase();
        let envelopes = self.envelopes.read().unwrap_or_else(PoisonError::into_inner);
        let hits = envelopes.iter().rev().filter(|envelope| {
            wanted.is_empty() || envelope.to.iter().any(|to| to.to_lowercase().contains(&wanted))
        });
        hits.take(limit).cloned().collect()
    }

    pub(crate) fn find(&self, id: &str) -> Option<Envelope> {
        let envelopes = self.envelopes.read().unwrap_or_else(PoisonError::into_inner);
        envelopes.iter().rev().find(|envelope| envelope.id == id).cloned()
    }

    /// The mail as it came. Only for ids that [`Store::find`] knows.
    pub(crate) async fn read(&self, envelope: &Envelope) -> Result<Vec<u8>, Error> {
        Ok(tokio::fs::read(self.path(&envelope.id)).await?)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join("mails").join(format!("{id}.eml"))
    }
}

/// Removes the mails that the journal does not know any more, or never did.
fn remove_forgotten(mails: &Path, envelopes: &[Envelope]) -> Result<(), Error> {
    let known: HashSet<&str> = envelopes.iter().map(|envelope| envelope.id.as_str()).collect();
    for file in std::fs::read_dir(mails)? {
        let path = file?.path();
        let id = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        if !known.contains(id) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}
