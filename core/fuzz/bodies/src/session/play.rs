//! Reads an input as a script and plays it.

use core::time::Duration;

use bytes::Bytes;
use parlor_engine::input::{Command, IncomingKey, Input, LaneInput, LinkInput, SignalInput};
use parlor_proto::envelope::{Candidate, PeerSignal, Route, SignalSealer};
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::DeviceId;
use parlor_proto::name::SafePath;
use parlor_proto::signal::ServerMessage;

use super::disk::{answer, chunk_frame};
use super::room::{Room, Rules, SECRET, Who};
use crate::reader::Reader;

/// Longer scripts say nothing new.
const OPS_MAX: usize = 256;

/// Files in one offer.
const FILES_MAX: u8 = 4;

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// One thing that happens, by its number in a script.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Op { $($(#[$doc])* $name),+ }

        impl Op {
            const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

// The corpus names them by place: new ones go to the end.
ops![
    /// Any bytes reach us on the control channel.
    Control,
    /// Any bytes reach us on the bulk channel.
    Bulk,
    TheySay,
    TheyOffer,
    TheyAnswer,
    TheyCancel,
    TheyLeave,
    WeSay,
    WeOffer,
    WeAnswer,
    WeCancel,
    WeLeave,
    /// Our disk answers.
    Disk,
    /// Any text of the server.
    Server,
    /// A signal that they sealed.
    Sealed,
    /// Our link's own words.
    Link,
    Time,
    /// Their next frame arrives changed.
    Tamper,
    TheyReturn,
    NetworkChanged,
    /// A chunk that we may have asked for.
    Chunk,
    /// Our socket to the server closes.
    SocketClosed,
    /// We say whether the emoji are the same.
    WeVerify,
    WeForget,
];

/// Plays the whole input. `true` when the two were connected at its start.
pub(super) fn play(data: &[u8]) -> bool {
    let mut script = Reader::new(data);
    let rules = script.u8();
    let mut room = Room::new(Rules {
        we_offer: rules & 1 != 0,
        they_are_mute: rules & 2 != 0,
        wide_window: rules & 4 != 0,
    });
    room.meet();
    let were_connected = room.are_connected();
    perform(&mut room, script.rest());
    were_connected
}

/// Plays a script without its first byte, the rules.
pub(super) fn perform(room: &mut Room, script: &[u8]) {
    let mut script = Reader::new(script);
    // Sealed by their key and counted on from far beyond what their session counts.
    let mut counter = 1 << 32;
    for _ in 0..OPS_MAX {
        if script.is_empty() || room.we.session.has_ended() {
            break;
        }
        let op = Op::ALL[usize::from(script.u8()) % Op::ALL.len()];
        match op {
            Op::Control => {
                let frame = Bytes::copy_from_slice(script.run());
                room.push_link(LinkInput::Control(frame));
            }
            Op::Bulk => {
                let frame = Bytes::copy_from_slice(script.run());
                room.push_link(LinkInput::Bulk(frame));
            }
            Op::Chunk => {
                let (transfer, file) = (script.u8().into(), u32::from(script.u8()));
                let offset = u64::from(script.u16()) << 14;
                let frame = chunk_frame(transfer, file, offset, script.u32().into());
                room.push_link(LinkInput::Bulk(frame));
            }
            Op::Disk => {
                let outcome = script.u8();
                for _ in 0..=script.u8() % 16 {
                    let request = room.requests.pop_front();
                    let answer = request.and_then(|request| answer(request, outcome));
                    if let Some(answer) = answer {
                        room.push(Who::We, Input::Disk(answer));
                    }
                }
            }
            Op::Server => {
                if let Ok(message) = ServerMessage::decode(&script.text()) {
                    on_server(room, message);
                }
            }
            Op::Sealed => {
                counter += 1;
                sealed(room, counter, &mut script);
            }
            Op::Link => on_link(room, &mut script),
            Op::Time => room.pass_time(Duration::from_millis(8 * u64::from(script.u16()))),
            Op::Tamper => room.tamper = Some((script.u16().into(), script.u8())),
            Op::TheyReturn => {
                let how = script.u8();
                room.they_return(how & 1 == 0, how & 2 == 0);
            }
            Op::SocketClosed => {
                let reason = "closed".to_owned();
                room.push(Who::We, Input::Signal(SignalInput::Closed { reason }));
            }
            _ => command(room, op, &mut script),
        }
        room.settle();
    }
}

fn command(room: &mut Room, op: Op, script: &mut Reader<'_>) {
    let who = match op {
        Op::TheySay | Op::TheyOffer | Op::TheyAnswer | Op::TheyCancel | Op::TheyLeave => Who::They,
        _ => Who::We,
    };
    let command = match op {
        Op::TheySay | Op::WeSay => Command::Say {
            text: script.text(),
            in_reply_to: None,
            written_at_ms: 1_700_000_000_000,
        },
        Op::TheyOffer | Op::WeOffer => Command::Offer {
            transfer: script.u8().into(),
            files: files(script.u8(), script.u32()),
            is_paused: false,
        },
        Op::TheyAnswer | Op::WeAnswer => {
            let offers = &mut room.end(who).offers;
            let index = usize::from(script.u8()) % offers.len().max(1);
            let mask = script.u8();
            let Some(key) = offers.remove(index) else {
                return;
            };
            Command::Answer {
                key,
                accepted: (0..8).filter(|file| mask & (1 << file) != 0).collect(),
                reason: None,
            }
        }
        Op::TheyCancel | Op::WeCancel => cancel(room.end(who.other()).device, script),
        Op::TheyLeave | Op::WeLeave => Command::Leave,
        Op::WeVerify => Command::Verify {
            device: room.they.device,
            matches: script.u8() & 1 == 0,
        },
        Op::WeForget => Command::Forget {
            device: room.they.device,
        },
        _ => Command::NetworkChanged,
    };
    room.push(who, Input::Command(command));
}

fn cancel(from: DeviceId, script: &mut Reader<'_>) -> Command {
    let transfer = script.u8().into();
    if script.u8() & 1 == 0 {
        Command::CancelOutgoing { transfer }
    } else {
        let key = IncomingKey { from, transfer };
        Command::CancelIncoming { key }
    }
}

fn files(count: u8, size: u32) -> Vec<OfferedFile> {
    let file = |n| OfferedFile {
        path: SafePath::sanitise(&format!("folder/file {n}")),
        size: size.into(),
        root: [n; 32],
        modified_ms: None,
        mime: None,
    };
    (0..=count % FILES_MAX).map(file).collect()
}

fn on_server(room: &mut Room, message: ServerMessage) {
    if let ServerMessage::Joined { peer, .. } = &message {
        if *peer == room.they.peer {
            return;
        }
        room.we.peer = *peer;
    }
    room.push_server(Who::We, message);
}

fn sealed(room: &mut Room, counter: u64, script: &mut Reader<'_>) {
    let attempt = script.u32();
    let signal = match script.u8() % 4 {
        0 => PeerSignal::Offer {
            attempt,
            sdp: "v=0".to_owned(),
        },
        1 => PeerSignal::Answer {
            attempt,
            sdp: "v=0".to_owned(),
        },
        2 => PeerSignal::Candidate {
            attempt,
            candidate: candidate(),
        },
        _ => PeerSignal::OfferPlease { attempt },
    };
    let (from, to) = (room.they.peer, room.we.peer);
    let route = Route {
        room: SECRET.room_id(),
        from,
        to,
    };
    let payload = SignalSealer::new(&SECRET.signal_key()).seal(&route, counter, [9; 24], &signal);
    room.push_server(Who::We, ServerMessage::Signal { from, payload });
}

fn on_link(room: &mut Room, script: &mut Reader<'_>) {
    let text = || "text".to_owned();
    let event = match script.u8() % 5 {
        0 => LinkInput::LocalDescription { sdp: text() },
        1 => LinkInput::LocalCandidate(candidate()),
        2 => LinkInput::BulkSent {
            data_len: script.u32().into(),
        },
        3 => LinkInput::Lane {
            lane: script.u8().into(),
            event: match script.u8() % 3 {
                0 => LaneInput::Open,
                1 => LaneInput::Sent {
                    data_len: script.u32().into(),
                },
                _ => LaneInput::Closed { reason: text() },
            },
        },
        _ => LinkInput::Closed { reason: text() },
    };
    room.push_link(event);
}

fn candidate() -> Candidate {
    Candidate {
        line: "candidate:1 1 udp 1 192.0.2.1 9 typ host".to_owned(),
        mid: None,
        mline_index: None,
        ufrag: None,
    }
}
