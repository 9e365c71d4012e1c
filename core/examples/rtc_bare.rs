//! What the transport does without Parlor on top: time to open, speed and cost of two links in
//! one process, as one line of JSON.
//!
//! `rtc_bare --mib 256 --message 65536 [--pings 50] [--udp-buffer N] [--send-buffer N]
//! [--window N] [--check-ms N] [--reactors N]`

use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parlor_core::rtc::{Channel, Role, RtcConfig, RtcEvent, RtcLink};
use tokio::sync::mpsc;

type Events = mpsc::Receiver<(Role, RtcEvent)>;

struct Options {
    mib: usize,
    message_bytes: usize,
    pings: usize,
    config: RtcConfig,
}

fn option<T: FromStr>(name: &str, default: T) -> Result<T, String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    match (arguments.next(), arguments.next()) {
        (None, _) => Ok(default),
        (Some(_), Some(value)) => value
            .parse()
            .map_err(|_| format!("{name}: not a number: {value}")),
        (Some(_), None) => Err(format!("{name}: a number is missing")),
    }
}

fn options() -> Result<Options, String> {
    let stock = RtcConfig::default();
    let check_ms = u64::try_from(stock.ice_check_interval.as_millis()).unwrap_or(u64::MAX);
    Ok(Options {
        mib: option("--mib", 256)?,
        message_bytes: option("--message", 64 * 1024)?,
        pings: option("--pings", 50)?,
        config: RtcConfig {
            udp_buffer_bytes: option("--udp-buffer", stock.udp_buffer_bytes)?,
            bulk_send_buffer_bytes: option("--send-buffer", stock.bulk_send_buffer_bytes)?,
            sctp_window_bytes: option("--window", stock.sctp_window_bytes)?,
            ice_check_interval: Duration::from_millis(option("--check-ms", check_ms)?),
            reactor_threads: option("--reactors", stock.reactor_threads)?,
            ..stock
        },
    })
}

struct Pair {
    offerer: RtcLink,
    answerer: RtcLink,
    events: Events,
}

impl Pair {
    async fn open(config: &RtcConfig) -> Result<Self, String> {
        let (sender, events) = mpsc::channel(256);
        let mut pair = Self {
            offerer: RtcLink::spawn(Role::Offerer, Role::Offerer, config.clone(), sender.clone()),
            answerer: RtcLink::spawn(Role::Answerer, Role::Answerer, config.clone(), sender),
            events,
        };
        let mut opened = 0;
        while opened < 2 {
            opened += usize::from(pair.carry_signaling().await?);
        }
        Ok(pair)
    }

    async fn next(&mut self) -> Result<(Role, RtcEvent), String> {
        match self.events.recv().await {
            Some((_, RtcEvent::Closed { reason })) => Err(format!("closed: {reason:?}")),
            Some(event) => Ok(event),
            None => Err("no more events".into()),
        }
    }

    async fn carry_signaling(&mut self) -> Result<bool, String> {
        let (from, event) = self.next().await?;
        let to = match from {
            Role::Offerer => &self.answerer,
            Role::Answerer => &self.offerer,
        };
        let full = |error| format!("signaling: {error}");
        match event {
            RtcEvent::LocalDescription { sdp } => to.set_remote_description(sdp).map_err(full)?,
            RtcEvent::LocalCandidate(candidate) => {
                to.add_remote_candidate(candidate).map_err(full)?;
            }
            RtcEvent::Open { .. } => return Ok(true),
            RtcEvent::Frame { .. }
            | RtcEvent::BulkSent { .. }
            | RtcEvent::Lane { .. }
            | RtcEvent::Path(_)
            | RtcEvent::Closed { .. } => {}
        }
        Ok(false)
    }

    /// Control round trips on an idle link, sorted.
    async fn ping(&mut self, pings: usize) -> Result<Vec<Duration>, String> {
        let mut trips = Vec::with_capacity(pings);
        for _ in 0..pings {
            let begun = Instant::now();
            send_control(&self.offerer)?;
            self.control_frame_at(Role::Answerer).await?;
            send_control(&self.answerer)?;
            self.control_frame_at(Role::Offerer).await?;
            trips.push(begun.elapsed());
        }
        trips.sort();
        Ok(trips)
    }

    async fn control_frame_at(&mut self, at: Role) -> Result<(), String> {
        loop {
            if let (
                role,
                RtcEvent::Frame {
                    channel: Channel::Control,
                    ..
                },
            ) = self.next().await?
                && role == at
            {
                return Ok(());
            }
        }
    }

    /// Sends all messages one way; gives the time from the first sent to the last received, and
    /// the slowest control frame meanwhile.
    async fn transfer(&mut self, messages: usize, bytes: usize) -> Result<Transfer, String> {
        let message = Bytes::from(vec![0x5a; bytes]);
        let begun = Instant::now();
        let (mut queued, mut received) = (0, 0);
        let mut asked = None;
        let mut slowest_control = Duration::ZERO;
        while received < messages {
            while queued < messages && self.offerer.send(Channel::Bulk, message.clone()).is_ok() {
                queued += 1;
            }
            if asked.is_none() {
                send_control(&self.offerer)?;
                asked = Some(Instant::now());
            }
            if let (Role::Answerer, RtcEvent::Frame { channel, .. }) = self.next().await? {
                if channel == Channel::Bulk {
                    received += 1;
                } else if let Some(asked) = asked.take() {
                    slowest_control = slowest_control.max(asked.elapsed());
                }
            }
        }
        Ok(Transfer {
            took: begun.elapsed(),
            slowest_control,
        })
    }
}

struct Transfer {
    took: Duration,
    slowest_control: Duration,
}

fn send_control(link: &RtcLink) -> Result<(), String> {
    link.send(Channel::Control, Bytes::from_static(b"p"))
        .map_err(|error| format!("control: {error}"))
}

/// User and system time of this process; none off Linux.
fn cpu_seconds() -> Option<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

async fn measure() -> Result<serde_json::Value, String> {
    let options = options()?;
    let begun = Instant::now();
    let mut pair = Pair::open(&options.config).await?;
    let open = begun.elapsed();
    let trips = pair.ping(options.pings).await?;
    let bytes_total = options.mib * 1024 * 1024;
    let messages = bytes_total.div_ceil(options.message_bytes.max(1));
    let cpu_before = cpu_seconds();
    let transfer = pair.transfer(messages, options.message_bytes).await?;
    let cpu = cpu_before.zip(cpu_seconds()).map(|(from, to)| to - from);
    let sent = u32::try_from(messages * options.message_bytes / 1024).unwrap_or(u32::MAX);
    let megabytes = f64::from(sent) * 1024.0 / 1e6;
    Ok(serde_json::json!({
        "what": "rtc_bare",
        "mib": options.mib,
        "message_bytes": options.message_bytes,
        "open_ms": millis(open),
        "ping_p50_ms": trips.get(trips.len() / 2).copied().map(millis),
        "mb_per_s": megabytes / transfer.took.as_secs_f64(),
        "control_under_load_max_ms": millis(transfer.slowest_control),
        "cpu_s_per_gb_both_ends": cpu.map(|cpu| cpu / (megabytes / 1000.0)),
        "peak_rss_mib_both_ends": peak_memory_mib(),
    }))
}

#[tokio::main]
async fn main() -> ExitCode {
    match measure().await {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
