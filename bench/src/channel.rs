//! The comparison with what Parlor stands on: one data channel of the `webrtc` crate with nothing
//! on top of it, file to file.
//!
//! The settings are those of core's own module, by way of [`RtcConfig`]: socket buffers, window,
//! send buffer, an ordered reliable channel. Messages of 64 KiB are read from the page cache and
//! sent as they are; the receiver writes them to its file as they come. Nothing is hashed, nothing
//! is asked for again, there is no credit and no second channel.
//!
//! The two sides exchange their descriptions over one TCP connection, which also tells the size of
//! the file and, in the end, that it is whole.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use parlor_core::rtc::{MAX_FRAME_BYTES, RtcConfig};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::setting_engine::SctpMaxMessageSize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCBundlePolicy,
    RTCConfigurationBuilder, RTCIceConnectionState, RTCIceGatheringState, RTCPeerConnectionState,
    RTCSessionDescription, SettingEngineBuilder,
};
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime,
    TokioRuntime,
};

use crate::failure::{Result, While as _, failed};

const MESSAGE_BYTES: usize = 64 * 1024;

/// The id that both sides agreed on.
const CHANNEL_ID: u16 = 0;

/// Messages between the channel and the thread that writes: 4 MiB, as much as Parlor's own window.
const WRITES_MAX: usize = 64;

/// How long both sides may look for each other.
const CONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// Waits at that address for one receiver and sends it the file. Prints `ready ADDRESS`.
pub(crate) async fn send(path: &Path, at: IpAddr) -> Result<()> {
    let mut file = File::open(path).during("the file to send")?;
    let size = file.metadata().during("the file to send")?.len();
    let listener = TcpListener::bind((at, 0))
        .await
        .during("a port to listen on")?;
    println!("ready {}", listener.local_addr().during("the port")?);
    let (stream, _) = listener.accept().await.during("a receiver")?;
    let mut signals = Signals::new(stream);
    let peer = Peer::build(at).await?;
    let offer = peer
        .connection
        .create_offer(None)
        .await
        .during("the offer")?;
    signals.say(&peer.describe(offer).await?).await?;
    let answer = RTCSessionDescription::answer(signals.hear().await?).during("the answer")?;
    peer.connection
        .set_remote_description(answer)
        .await
        .during("the answer")?;
    signals.say(&size.to_string()).await?;
    peer.greeted().await?;
    let mut buffer = vec![0; MESSAGE_BYTES];
    loop {
        let read = file.read(&mut buffer).during("the file to send")?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        let sent = peer.channel.send(BytesMut::from(bytes)).await;
        sent.during("the channel")?;
    }
    signals.hear().await?;
    peer.connection.close().await.during("the end")
}

/// Receives the file from the sender at `address`.
pub(crate) async fn receive(address: &str, path: &Path, at: IpAddr) -> Result<()> {
    let stream = TcpStream::connect(address).await.during("the sender")?;
    let mut signals = Signals::new(stream);
    let peer = Peer::build(at).await?;
    let offer = RTCSessionDescription::offer(signals.hear().await?).during("the offer")?;
    peer.connection
        .set_remote_description(offer)
        .await
        .during("the offer")?;
    let answer = peer
        .connection
        .create_answer(None)
        .await
        .during("the answer")?;
    signals.say(&peer.describe(answer).await?).await?;
    let size: u64 = signals.hear().await?.parse().during("the size")?;
    peer.greet().await?;
    let (writes, written) = write_apart(File::create(path).during("the file to write")?);
    let mut received = 0;
    while received < size {
        match peer.channel.poll().await {
            Some(DataChannelEvent::OnMessage(message)) => {
                received += u64::try_from(message.data.len()).during("a message")?;
                writes
                    .send(message.data)
                    .await
                    .during("the file to write")?;
            }
            Some(DataChannelEvent::OnClose) | None => return failed("the channel closed early"),
            Some(_) => {}
        }
    }
    drop(writes);
    let written = tokio::task::spawn_blocking(move || written.join()).await;
    match written.during("the writing thread")? {
        Ok(result) => result.during("the file to write")?,
        Err(_) => return failed("the writing thread broke"),
    }
    signals.say("whole").await?;
    peer.connection.close().await.during("the end")
}

/// Writes on a thread of its own, so that the channel is always read.
fn write_apart(
    mut file: File,
) -> (
    mpsc::Sender<BytesMut>,
    std::thread::JoinHandle<io::Result<()>>,
) {
    let (writes, mut queue) = mpsc::channel::<BytesMut>(WRITES_MAX);
    let thread = std::thread::spawn(move || {
        while let Some(bytes) = queue.blocking_recv() {
            file.write_all(&bytes)?;
        }
        Ok(())
    });
    (writes, thread)
}

/// Texts between the two sides, a line of JSON each.
struct Signals(BufReader<TcpStream>);

impl Signals {
    fn new(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    async fn say(&mut self, text: &str) -> Result<()> {
        let line = format!("{}\n", serde_json::Value::from(text));
        self.0.write_all(line.as_bytes()).await.during("signaling")
    }

    async fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).await.during("signaling")?;
        serde_json::from_str(&line).during("signaling")
    }
}

struct Peer {
    connection: Arc<dyn PeerConnection>,
    channel: Arc<dyn DataChannel>,
    gathered: Arc<Notify>,
}

impl Peer {
    async fn build(at: IpAddr) -> Result<Self> {
        let config = RtcConfig::default();
        let gathered = Arc::<Notify>::default();
        let runtime = BufferedRuntime {
            inner: TokioRuntime,
            udp_buffer_bytes: config.udp_buffer_bytes,
            nudge: Arc::default(),
        };
        let handler = Handler {
            gathered: Arc::clone(&gathered),
            nudge: Arc::clone(&runtime.nudge),
        };
        let max_message = u32::try_from(MAX_FRAME_BYTES).during("a limit")?;
        let interval = config.ice_check_interval;
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(interval), Some(100))
            .with_host_acceptance_min_wait(Some(Duration::ZERO))
            .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
            .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(max_message))
            .with_sctp_max_receive_buffer_size(config.sctp_window_bytes)
            .with_include_loopback_candidate(true)
            .build();
        let connection = PeerConnectionBuilder::new()
            .with_configuration(
                RTCConfigurationBuilder::new()
                    .with_bundle_policy(RTCBundlePolicy::MaxBundle)
                    .build(),
            )
            .with_setting_engine(settings)
            .with_runtime(Arc::new(runtime))
            .with_handler(Arc::new(handler))
            .with_udp_addrs(vec![SocketAddr::from((at, 0))])
            .with_dedicated_reactor_pool_size(config.reactor_threads)
            .with_data_channel_send_buffer_limit(config.bulk_send_buffer_bytes)
            .build()
            .await
            .during("the connection")?;
        let init = RTCDataChannelInit {
            ordered: true,
            negotiated: Some(CHANNEL_ID),
            ..Default::default()
        };
        let channel = connection.create_data_channel("file", Some(init)).await;
        Ok(Self {
            channel: channel.during("the channel")?,
            connection: Arc::new(connection),
            gathered,
        })
    }

    /// Applies our description and gives it with all addresses in it.
    async fn describe(&self, description: RTCSessionDescription) -> Result<String> {
        self.connection
            .set_local_description(description)
            .await
            .during("our description")?;
        tokio::time::timeout(CONNECT_PATIENCE, self.gathered.notified())
            .await
            .during("our addresses")?;
        let whole = self.connection.local_description().await;
        Ok(whole.ok_or("none").during("our description")?.sdp)
    }

    /// Waits for the other side's channel: what is sent before it exists is lost.
    async fn greeted(&self) -> Result<()> {
        self.until(|event| matches!(event, DataChannelEvent::OnMessage(_)))
            .await
    }

    async fn greet(&self) -> Result<()> {
        self.until(|event| matches!(event, DataChannelEvent::OnOpen))
            .await?;
        self.channel.send_text("here").await.during("the greeting")
    }

    async fn until(&self, is_it: impl Fn(&DataChannelEvent) -> bool) -> Result<()> {
        let search = async {
            while let Some(event) = self.channel.poll().await {
                if is_it(&event) {
                    return Ok(());
                }
            }
            failed("the channel closed early")
        };
        tokio::time::timeout(CONNECT_PATIENCE, search)
            .await
            .during("the other side")?
    }
}

struct Handler {
    gathered: Arc<Notify>,
    nudge: Arc<Notify>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        if state == RTCIceConnectionState::Connected {
            self.nudge.notify_one();
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if state == RTCPeerConnectionState::Connected {
            self.nudge.notify_one();
        }
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`TokioRuntime`] with core's socket buffers, and its way to cut a sleep short so that the
/// handshakes do not wait for a timer.
#[derive(Debug)]
struct BufferedRuntime {
    inner: TokioRuntime,
    udp_buffer_bytes: usize,
    nudge: Arc<Notify>,
}

impl Runtime for BufferedRuntime {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> Box<dyn JoinHandle> {
        self.inner.spawn(future)
    }

    fn spawn_reactor(&self, size: usize, future: BoxFuture<'static, ()>) -> Box<dyn JoinHandle> {
        self.inner.spawn_reactor(size, future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let buffers = socket2::SockRef::from(&socket);
        // What the kernel does not grant is not a reason to stop.
        buffers.set_recv_buffer_size(self.udp_buffer_bytes).ok();
        buffers.set_send_buffer_size(self.udp_buffer_bytes).ok();
        self.inner.wrap_udp_socket(socket)
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.inner.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote_addr: SocketAddr,
    ) -> BoxFuture<'a, io::Result<Arc<dyn AsyncTcpStream>>> {
        self.inner.connect_tcp(remote_addr)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        self.inner.resolve_host(host)
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let nudge = Arc::clone(&self.nudge);
        Box::pin(async move {
            tokio::select! {
                () = tokio::time::sleep(duration) => {}
                () = nudge.notified() => {}
            }
        })
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.inner.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.inner.block_on(future);
    }

    fn yield_now(&self) -> BoxFuture<'static, ()> {
        self.inner.yield_now()
    }

    fn name(&self) -> &'static str {
        "tokio-bench"
    }
}
