//! Why a process cannot start or go on.

/// A failure that stops the process with a message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that this service needs is not there.
    #[error("missing setting {0}")]
    MissingSetting(&'static str),
    /// A setting is there and makes no sense.
    #[error("setting {name}: {reason}")]
    WrongSetting {
        /// The environment variable.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Host and port.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The schema is older or newer than this build knows.
    #[error(
        "the database is at another version ({found}) than this build wants ({wanted}): run `flotilla migrate`"
    )]
    SchemaMismatch {
        /// Version of the newest migration that was applied.
        found: i64,
        /// Version of the newest migration of this build.
        wanted: i64,
    },
    /// The database did not do what it should.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The event backbone failed.
    #[error("messaging: {0}")]
    Messaging(#[from] messaging::Error),
    /// A key is of no use.
    #[error("key: {0}")]
    Key(#[from] web::TokenError),
    /// Anything else.
    #[error("{0}: {1}")]
    Other(&'static str, Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A failure with a word on what was being done.
    pub fn other(
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Other(doing, source.into())
    }
}
