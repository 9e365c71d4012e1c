//! What can be asked over HTTP: the WebSocket, the health, and the page behind an invite link.

use std::sync::Arc;

use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::Context;
use super::accept::Slot;
use super::address::{TcpPeer, client_address};
use super::config::{
    SOCKET_MESSAGE_MAX_BYTES, SOCKET_READ_BUFFER_BYTES, SOCKET_WRITE_BUFFER_MAX_BYTES,
};
use super::connection::Connection;

const JOIN_PAGE: &str = include_str!("join.html");

/// No script, nothing loaded, no referrer: the secret in the address's fragment stays in the
/// browser that was given it.
const JOIN_PAGE_HEADERS: [(header::HeaderName, &str); 5] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "public, max-age=3600"),
];

pub(super) fn router(context: Arc<Context>) -> Router {
    Router::new()
        .route("/ws", get(web_socket))
        .route("/healthz", get(health))
        .route("/j", get(join_page))
        .with_state(context)
}

async fn web_socket(
    State(context): State<Arc<Context>>,
    Extension(slot): Extension<Slot>,
    Extension(TcpPeer(peer)): Extension<TcpPeer>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let from = client_address(peer, &headers, &context.config.trusted_proxies).into();
    // Taken now, so that a shutdown waits for the task that starts after the upgrade.
    let task = context.tasks.token();
    upgrade
        .read_buffer_size(SOCKET_READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(SOCKET_WRITE_BUFFER_MAX_BYTES)
        .max_message_size(SOCKET_MESSAGE_MAX_BYTES)
        .max_frame_size(SOCKET_MESSAGE_MAX_BYTES)
        .on_upgrade(async move |socket| {
            Connection::open(socket, from, context).await;
            drop((slot, task));
        })
}

async fn health(State(context): State<Arc<Context>>) -> Response {
    let stats = *context.stats.borrow();
    let status = if context.drain.is_cancelled() {
        "draining"
    } else {
        "ok"
    };
    let body = serde_json::json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "rooms": stats.rooms,
        "peers": stats.peers,
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.to_string()).into_response()
}

async fn join_page() -> Response {
    (JOIN_PAGE_HEADERS, JOIN_PAGE).into_response()
}
