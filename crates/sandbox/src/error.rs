//! Why a sandbox cannot start or go on.

/// A failure that stops the process with a message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Host and port.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The data folder cannot be used.
    #[error("data folder: {0}")]
    Data(#[from] std::io::Error),
    /// The journal holds something that this build cannot read.
    #[error("journal, line {line}: {source}")]
    Journal {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The client for webhooks cannot be made.
    #[error("webhooks: {0}")]
    Client(#[from] reqwest::Error),
}
