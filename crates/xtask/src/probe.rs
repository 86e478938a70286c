//! Asks a process whether it is ready, in its own protocol and without its client library.
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

const PATIENCE: Duration = Duration::from_secs(2);

/// How a process shows that it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It listens on a port.
    Listens(u16),
    /// It answers a GET with 200.
    Http {
        /// Where it listens.
        port: u16,
        /// What to ask for.
        path: &'static str,
    },
    /// It lets a Postgres client begin to sign in.
    Postgres(u16),
    /// It answers a Kafka client's first question.
    Kafka(u16),
}

impl Readiness {
    /// Whether the process is ready now.
    pub(crate) fn holds(&self) -> bool {
        match self {
            Self::Listens(port) => connect(*port).is_ok(),
            Self::Http { port, path } => get(*port, path).is_ok_and(|answer| answer.status == 200),
            Self::Postgres(port) => postgres_accepts(*port).unwrap_or(false),
            Self::Kafka(port) => kafka_answers(*port).unwrap_or(false),
        }
    }

    /// The port that is asked.
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Listens(port) | Self::Postgres(port) | Self::Kafka(port) => *port,
            Self::Http { port, .. } => *port,
        }
    }
}

/// An HTTP answer, as far as we look at it.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
}

/// Asks a local server for a path, over HTTP/1.0 so that the answer ends with the connection.
///
/// # Errors
/// When nobody answers HTTP within two seconds.
pub(crate) fn get(port: u16, path: &str) -> Result<Answer> {
    let mut stream = connect(port)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head)?;
    let head = std::str::from_utf8(&head)?;
    let status = head.rsplit(' ').next().context("no status line")?.parse()?;
    Ok(Answer { status })
}

fn connect(port: u16) -> Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends a `StartupMessage` of protocol 3.0; a server that still recovers answers with an error ('E'),
/// one that is ready asks for a password or lets us in ('R'). PostgreSQL manual, "Message Formats".
fn postgres_accepts(port: u16) -> Result<bool> {
    let parameters = b"user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(8 + parameters.len())?;
    let mut stream = connect(port)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&196_608_u32.to_be_bytes())?;
    stream.write_all(parameters)?;
    let mut kind = [0_u8];
    stream.read_exact(&mut kind)?;
    Ok(kind == *b"R")
}

/// Sends an `ApiVersions` request, version 0, correlation id 7, no client id, and expects that
/// correlation id back. Kafka protocol guide, "`ApiVersions` API (Key: 18)".
fn kafka_answers(port: u16) -> Result<bool> {
    let mut stream = connect(port)?;
    stream.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff])?;
    let mut head = [0_u8; 8];
    stream.read_exact(&mut head)?;
    Ok(head[4..] == [0, 0, 0, 7])
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server that reads a little, says one thing and hangs up.
    fn says(words: &'static [u8]) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0_u8; 256];
            let _ = stream.read(&mut buffer).unwrap();
            stream.write_all(words).unwrap();
            // Closed with something unread, the connection would be reset, and the words be lost.
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        port
    }

    #[test]
    fn a_postgres_that_recovers_is_not_ready() {
        assert!(!Readiness::Postgres(says(b"E\0\0\0\x0557P03")).holds());
        assert!(Readiness::Postgres(says(b"R\0\0\0\x17")).holds());
    }

    #[test]
    fn a_kafka_must_answer_our_question() {
        assert!(Readiness::Kafka(says(&[0, 0, 0, 9, 0, 0, 0, 7, 0, 0])).holds());
        assert!(!Readiness::Kafka(says(b"HTTP/1.1 400")).holds());
    }

    #[test]
    fn only_200_is_ready() {
        let ready = |words| Readiness::Http { port: says(words), path: "/readyz" }.holds();

        assert!(ready(b"HTTP/1.1 200 OK\r\n\r\n"));
        assert!(!ready(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"));
    }
}
