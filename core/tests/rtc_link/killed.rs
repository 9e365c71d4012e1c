//! A peer that is killed.

use std::time::{Duration, Instant};

use parlor_core::rtc::{Candidate, CloseReason, Role, RtcConfig, RtcEvent, RtcLink};
use tokio::sync::mpsc;

/// The other side of [`a_killed_peer_is_noticed`]: a process of its own that can be killed.
/// Does nothing when run as a test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peer_process() {
    if std::env::var_os(PEER_PROCESS).is_none() {
        return;
    }
    let (sender, mut events) = mpsc::channel(64);
    let link = RtcLink::spawn((), Role::Answerer, RtcConfig::default(), sender);
    let (lines_in, mut lines) = mpsc::channel(64);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            lines_in.blocking_send(line).ok();
        }
    });
    loop {
        tokio::select! {
            Some(((), event)) = events.recv() => {
                if let Some(line) = to_line(event) {
                    println!("\n{line}");
                }
            }
            Some(line) = lines.recv() => from_line(&line, &link),
        }
    }
}

const PEER_PROCESS: &str = "PARLOR_TEST_PEER_PROCESS";

fn to_line(event: RtcEvent) -> Option<String> {
    match event {
        RtcEvent::LocalDescription { sdp } => {
            Some(format!("SDP {}", serde_json::to_string(&sdp).ok()?))
        }
        RtcEvent::LocalCandidate(candidate) => Some(format!("ICE {}", candidate.line)),
        RtcEvent::Open { .. }
        | RtcEvent::Frame { .. }
        | RtcEvent::BulkSent { .. }
        | RtcEvent::Lane { .. }
        | RtcEvent::Path(_)
        | RtcEvent::Closed { .. } => None,
    }
}

fn from_line(line: &str, link: &RtcLink) {
    if let Some(sdp) = line.strip_prefix("SDP ") {
        let sdp = serde_json::from_str(sdp).expect("what to_line wrote");
        link.set_remote_description(sdp).expect("room");
    } else if let Some(line) = line.strip_prefix("ICE ") {
        let candidate = Candidate {
            line: line.to_owned(),
            ..Candidate::default()
        };
        link.add_remote_candidate(candidate).expect("room");
    }
}

/// A peer that is killed says nothing; silence tells, within 12 s or so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_peer_is_noticed() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    let mut peer = Command::new(std::env::current_exe().expect("a running test"))
        .args(["killed::peer_process", "--exact", "--nocapture"])
        .env(PEER_PROCESS, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test binary runs");
    let mut to_peer = peer.stdin.take().expect("piped");
    let from_peer = BufReader::new(peer.stdout.take().expect("piped"));
    let (lines_in, mut lines) = mpsc::channel(64);
    std::thread::spawn(move || {
        for line in from_peer.lines().map_while(Result::ok) {
            lines_in.blocking_send(line).ok();
        }
    });
    let (sender, mut events) = mpsc::channel(64);
    let link = RtcLink::spawn((), Role::Offerer, RtcConfig::default(), sender);
    let mut killed = None;
    let reason = loop {
        tokio::select! {
            Some(line) = lines.recv() => from_line(&line, &link),
            Some(((), event)) = events.recv() => match event {
                RtcEvent::Open { .. } => {
                    peer.kill().expect("alive until now");
                    peer.wait().expect("killed");
                    killed = Some(Instant::now());
                }
                RtcEvent::Closed { reason } => break reason,
                signal @ (RtcEvent::LocalDescription { .. }
                | RtcEvent::LocalCandidate(_)
                | RtcEvent::Path(_)
                | RtcEvent::Frame { .. }
                | RtcEvent::Lane { .. }
                | RtcEvent::BulkSent { .. }) => if let Some(line) = to_line(signal) {
                    writeln!(to_peer, "{line}").expect("alive until open");
                },
            },
        }
    };
    assert_eq!(reason, CloseReason::IceFailed);
    let noticed = killed.expect("open before closed").elapsed();
    assert!(noticed < Duration::from_secs(15), "after {noticed:?}");
    println!("noticed after {noticed:?}");
}
