//! Sockets around the [`hub`](crate::hub).
//!
//! ```text
//! accept loop ──► HTTP connection ──► WebSocket task ══ bounded ══► hub task (owns the Hub)
//!  (accept)        (routes)            (connection)  ◄═ 64 each ══   (driver)
//! ```
//!
//! One task owns the hub and never waits for a client: a client whose queue is full is closed,
//! alone. Every WebSocket is one task that reads, writes, pings, and says why it ends. Two tokens
//! end things: `drain` asks everybody to say goodbye, `stop` drops everything at once.

mod accept;
mod address;
mod config;
mod connection;
mod driver;
mod routes;

use core::net::SocketAddr;
use core::sync::atomic::AtomicU64;
use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use self::config::{CONNECTIONS_MAX, OUTBOUND_QUEUE_LEN, ServerConfig, Timing};
use self::config::{HUB_QUEUE_LEN, KERNEL_SEND_BUFFER_BYTES, LISTEN_BACKLOG};
use self::driver::{Command, Stats};
use crate::hub::Hub;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Somebody else listens there.
    #[error("port {} is taken by another program", .addr.port())]
    PortTaken {
        /// Where.
        addr: SocketAddr,
    },
    /// The address cannot be listened at.
    #[error("cannot listen at {addr}")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The settings make no sense.
    #[error("bad settings: {what}")]
    Config {
        /// Which.
        what: &'static str,
    },
    /// The system gave no random bytes.
    #[error("the system has no source of randomness")]
    Random,
}

/// A running server. Dropping it stops everything at once; [`Server::shutdown`] says goodbye.
#[derive(Debug)]
pub struct Server {
    local_addr: SocketAddr,
    context: Arc<Context>,
    hub_task: JoinHandle<()>,
    _stop_on_drop: DropGuard,
}

/// What every task of a server needs.
#[derive(Debug)]
struct Context {
    config: ServerConfig,
    hub: mpsc::Sender<Command>,
    stats: watch::Receiver<Stats>,
    slots: Arc<Semaphore>,
    next_conn: AtomicU64,
    tasks: TaskTracker,
    drain: CancellationToken,
    stop: CancellationToken,
}

impl Server {
    /// Listens and serves from now on.
    ///
    /// # Errors
    /// If the address is taken or not ours, or the settings make no sense.
    pub async fn bind(config: ServerConfig) -> Result<Self, ServerError> {
        config.check()?;
        let hub = Hub::new(config.hub_config()?);
        let listener = listen(config.listen)?;
        let local_addr = listener
            .local_addr()
            .map_err(|source| ServerError::Listen {
                addr: config.listen,
                source,
            })?;
        let (hub_sender, commands) = mpsc::channel(HUB_QUEUE_LEN);
        let (stats_sender, stats) = watch::channel(Stats::default());
        let stop = CancellationToken::new();
        let context = Arc::new(Context {
            slots: Arc::new(Semaphore::new(config.connections_max)),
            config,
            hub: hub_sender,
            stats,
            next_conn: AtomicU64::new(0),
            tasks: TaskTracker::new(),
            drain: CancellationToken::new(),
            stop: stop.clone(),
        });
        let hub_task = tokio::spawn(driver::drive(hub, commands, stats_sender, stop.clone()));
        context
            .tasks
            .spawn(accept::accept(listener, Arc::clone(&context)));
        tracing::info!(port = local_addr.port(), "listening");
        Ok(Self {
            local_addr,
            context,
            hub_task,
            _stop_on_drop: stop.drop_guard(),
        })
    }

    /// Where it listens, with the port that was chosen.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Waits until the server has stopped by itself, which only a bug in it makes it do.
    pub async fn stopped(&self) {
        self.context.stop.cancelled().await;
    }

    /// Takes no more connections, tells every client when to come back, and waits until they are
    /// gone, or for [`Timing::drain`], before it stops everything.
    pub async fn shutdown(self) {
        let Context {
            tasks,
            drain,
            stop,
            config,
            ..
        } = &*self.context;
        tracing::info!("draining");
        drain.cancel();
        tasks.close();
        if tokio::time::timeout(config.timing.drain, tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(left = tasks.len(), "stopping with connections open");
        }
        stop.cancel();
        tasks.wait().await;
        if let Err(error) = self.hub_task.await {
            tracing::error!(%error, "the hub failed");
        }
        tracing::info!("stopped");
    }
}

fn listen(addr: SocketAddr) -> Result<TcpListener, ServerError> {
    let start = || {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        // A restart must not wait for old connections to time out. On Windows the same option
        // would let two programs share the port.
        #[cfg(not(windows))]
        socket.set_reuseaddr(true)?;
        // Accepted sockets inherit it.
        socket.set_send_buffer_size(KERNEL_SEND_BUFFER_BYTES)?;
        socket.bind(addr)?;
        socket.listen(LISTEN_BACKLOG)
    };
    start().map_err(|source: io::Error| {
        if source.kind() == io::ErrorKind::AddrInUse {
            ServerError::PortTaken { addr }
        } else {
            ServerError::Listen { addr, source }
        }
    })
}
