//! Takes connections in and serves HTTP on them until they end or become WebSockets.
//!
//! `axum::serve` has no timeout for request heads (tokio-rs/axum#3478) and no limit on
//! connections, so this loop drives hyper itself and hands requests to [`routes`](super::routes).

use core::net::IpAddr;
use std::io;
use std::sync::Arc;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, TryAcquireError};
use tokio::time::{sleep, timeout};

use super::Context;
use super::address::TcpPeer;
use super::config::{ACCEPT_PAUSE, HTTP_HEAD_MAX_BYTES, HTTP_HEADERS_MAX, HTTP_LIFETIME};
use super::routes::router;

/// A connection's share of the limit; whoever serves the connection holds it.
pub(super) type Slot = Arc<OwnedSemaphorePermit>;

/// Accepts until the server drains or stops.
pub(super) async fn accept(listener: TcpListener, context: Arc<Context>) {
    let router = router(Arc::clone(&context));
    let mut is_full = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = context.drain.cancelled() => return,
            () = context.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let was_full = is_full;
                is_full = admit(stream, peer.ip(), &context, &router).is_err();
                if is_full && !was_full {
                    tracing::warn!(max = context.config.connections_max, "refusing connections");
                }
            }
            Err(error) => recover(&error).await,
        }
    }
}

/// Starts serving a connection, or closes it if all slots are taken: not kept waiting, so that
/// its client backs off or tries another server.
fn admit(
    stream: TcpStream,
    peer: IpAddr,
    context: &Arc<Context>,
    router: &Router,
) -> Result<(), TryAcquireError> {
    let permit = Arc::clone(&context.slots).try_acquire_owned()?;
    let slot: Slot = Arc::new(permit);
    let router = router
        .clone()
        .layer(Extension(Arc::clone(&slot)))
        .layer(Extension(TcpPeer(peer)));
    let context = Arc::clone(context);
    context.tasks.clone().spawn(async move {
        serve(stream, router, &context).await;
        drop(slot);
    });
    Ok(())
}

async fn serve(stream: TcpStream, router: Router, context: &Context) {
    // Signals are small and each is waited for. Failing only costs speed.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(context.config.timing.header_read)
        .max_buf_size(HTTP_HEAD_MAX_BYTES)
        .max_headers(HTTP_HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = timeout(HTTP_LIFETIME, connection.as_mut()) => ended,
        () = context.stop.cancelled() => return,
        () = context.drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            timeout(context.config.timing.farewell, connection).await
        }
    };
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "HTTP connection ended early");
    }
}

async fn recover(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        return; // Only that connection failed.
    }
    tracing::warn!(%error, "cannot accept");
    sleep(ACCEPT_PAUSE).await;
}
