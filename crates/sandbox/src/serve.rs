//! Serving until SIGTERM or Ctrl-C.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Error;

/// Listens; a taken port is an error that names it.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

/// Starts logs for a process that has none yet.
pub(crate) fn start_logs() {
    // The binary or a test may have started them; then theirs stay.
    let _ = tracing_subscriber::fmt().compact().with_target(false).try_init();
}

/// Serves until `stop`, then lets answers end.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: CancellationToken,
) -> Result<(), Error> {
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Small answers go out at once.
        let _ = stream.set_nodelay(true);
    });
    let stopped = async move { stop.cancelled().await };
    Ok(axum::serve(listener, routes).with_graceful_shutdown(stopped).await?)
}

/// A token that is cancelled by SIGTERM or Ctrl-C.
pub(crate) fn until_told() -> Result<CancellationToken, Error> {
    let stop = CancellationToken::new();
    let kind = tokio::signal::unix::SignalKind::terminate();
    let mut term = tokio::signal::unix::signal(kind)?;
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
        told.cancel();
    });
    Ok(stop)
}
