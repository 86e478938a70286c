//! One GET: the name is resolved once, every answer checked, and exactly a checked address connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use url::{Host, Url};

use super::address;
use crate::image::{self, ImageError, Kind};

/// How long one address may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the whole fetch may take.
const WHOLE: Duration = Duration::from_secs(25);
/// How many redirects are followed; each is checked like the first address.
const REDIRECTS: usize = 3;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    #[error("not an http or https address without user and with the usual port")]
    NotAllowed,
    #[error("{0} is not a public address")]
    Private(IpAddr),
    #[error("the name cannot be resolved")]
    NoAddress,
    #[error("no connection: {0}")]
    Connect(std::io::Error),
    #[error("no answer: {0}")]
    NoAnswer(#[from] hyper::Error),
    #[error("no answer in time")]
    TooLate,
    #[error("the answer is {0}")]
    Status(http::StatusCode),
    #[error("too many redirects")]
    Redirects,
    #[error("the answer was cut off or has more than 5 MB")]
    Body,
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl DownloadError {
    /// True when another try may help.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::NoAddress | Self::Connect(_) | Self::NoAnswer(_) | Self::TooLate => true,
            Self::Status(status) => status.is_server_error() || status.as_u16() == 429,
            Self::NotAllowed | Self::Private(_) | Self::Redirects | Self::Body | Self::Image(_) => {
                false
            }
        }
    }
}

/// Downloads pictures.
#[derive(Clone)]
pub(super) struct Downloader {
    tls: TlsConnector,
    also: Option<SocketAddr>,
}

impl std::fmt::Debug for Downloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Downloader").field("also", &self.also).finish_non_exhaustive()
    }
}

impl Downloader {
    /// Trusts the authorities that Mozilla trusts.
    pub(super) fn new(also: Option<SocketAddr>) -> Result<Self, rustls::Error> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), also })
    }

    /// Fetches a picture of at most 5 MB.
    pub(super) async fn fetch(&self, source: &str) -> Result<Vec<u8>, DownloadError> {
        let whole = Box::pin(self.follow(source));
        tokio::time::timeout(WHOLE, whole).await.map_err(|_| DownloadError::TooLate)?
    }

    async fn follow(&self, source: &str) -> Result<Vec<u8>, DownloadError> {
        let mut url = Url::parse(source).map_err(|_| DownloadError::NotAllowed)?;
        for _ in 0..=REDIRECTS {
            let answer = self.get(&url).await?;
            let location = answer.headers().get(http::header::LOCATION);
            let next = location.and_then(|to| url.join(to.to_str().ok()?).ok());
            match (answer.status(), next) {
                (status, Some(next)) if status.is_redirection() => url = next,
                (http::StatusCode::OK, _) => return picture(answer).await,
                (status, _) => return Err(DownloadError::Status(status)),
            }
        }
        Err(DownloadError::Redirects)
    }

    async fn get(&self, url: &Url) -> Result<http::Response<hyper::body::Incoming>, DownloadError> {
        let stream = self.connect(url).await?;
        if url.scheme() == "http" {
            return ask(stream, url).await;
        }
        let name = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|_| DownloadError::NotAllowed)?;
        let stream = self.tls.connect(name, stream).await.map_err(DownloadError::Connect)?;
        ask(stream, url).await
    }

    /// Connects to the first checked address that answers. All addresses of a name must be allowed: one that
    /// points to our own network among others is somebody trying.
    async fn connect(&self, url: &Url) -> Result<TcpStream, DownloadError> {
        let addresses = self.addresses(url).await?;
        let mut failure = DownloadError::NoAddress;
        for address in addresses {
            match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = DownloadError::Connect(error),
                Err(_) => failure = DownloadError::TooLate,
            }
        }
        Err(failure)
    }

    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, DownloadError> {
        let plain = url.username().is_empty() && url.password().is_none();
        let port = match url.scheme() {
            "http" => 80,
            "https" => 443,
            _ => return Err(DownloadError::NotAllowed),
        };
        let given = url.port().unwrap_or(port);
        let addresses = match url.host().filter(|_| plain).ok_or(DownloadError::NotAllowed)? {
            Host::Ipv4(address) => vec![SocketAddr::from((address, given))],
            Host::Ipv6(address) => vec![SocketAddr::from((address, given))],
            Host::Domain(name) => {
                let found = tokio::net::lookup_host((name, given)).await;
                found.map_err(|_| DownloadError::NoAddress)?.collect()
            }
        };
        for address in &addresses {
            if self.also == Some(*address) {
                continue;
            }
            if !address::is_public(address.ip()) {
                return Err(DownloadError::Private(address.ip()));
            }
            if given != port {
                return Err(DownloadError::NotAllowed);
            }
        }
        Ok(addresses)
    }
}

async fn ask<S>(
    stream: S,
    url: &Url,
) -> Result<http::Response<hyper::body::Incoming>, DownloadError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(64)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await?;
    // Ends with the request: either side going away closes it.
    tokio::spawn(connection);
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let request = http::Request::get(path)
        .header(http::header::HOST, host)
        .header(http::header::ACCEPT, "image/webp, image/png, image/jpeg")
        .header(http::header::USER_AGENT, concat!("flotilla-catalog/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())
        .map_err(|_| DownloadError::NotAllowed)?;
    Ok(sender.send_request(request).await?)
}

async fn picture(answer: http::Response<hyper::body::Incoming>) -> Result<Vec<u8>, DownloadError> {
    let body = Limited::new(answer.into_body(), image::LARGEST).collect().await;
    let bytes = body.map_err(|_| DownloadError::Body)?.to_bytes();
    Kind::of(&bytes)?;
    Ok(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failure(source: &str) -> DownloadError {
        Downloader::new(None).unwrap().fetch(source).await.unwrap_err()
    }

    #[tokio::test]
    async fn addresses_of_our_own_are_not_asked_however_they_are_written() {
        let own = [
            "http://127.0.0.1/a.png",
            "http://127.1/a.png",
            "http://2130706433/a.png",
            "http://0x7f.0.0.1/a.png",
            "http://0177.0.0.1/a.png",
            "http://[::1]/a.png",
            "http://[::ffff:7f00:1]/a.png",
            "https://169.254.169.254/latest/meta-data",
            "http://localhost/a.png",
        ];

        for source in own {
            let failure = failure(source).await;
            assert!(matches!(failure, DownloadError::Private(_)), "{source}: {failure}");
            assert!(!failure.may_pass());
        }
    }

    #[tokio::test]
    async fn only_plain_web_addresses_are_asked() {
        let odd = [
            "ftp://1.1.1.1/a.png",
            "file:///etc/passwd",
            "http://user:secret@1.1.1.1/a.png",
            "http://1.1.1.1:22/a.png",
            "data:image/png;base64,AA==",
            "no address",
        ];

        for source in odd {
            let failure = failure(source).await;
            assert!(matches!(failure, DownloadError::NotAllowed), "{source}: {failure}");
        }
    }
}
