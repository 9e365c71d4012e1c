//! Writes scripts: the seeds of the corpus.

use parlor_proto::frame::{ByteRange, Frame, Want};
use parlor_proto::signal::{ErrorCode, ServerMessage};

use super::disk::chunk_frame;
use super::play::Op;
use crate::{Seed, frame};

/// The other side of `Reader`.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    rules: u8,
    bytes: Vec<u8>,
}

impl Script {
    pub(super) const fn new(rules: u8) -> Self {
        let bytes = Vec::new();
        Self { rules, bytes }
    }

    pub(super) fn op(&mut self, op: Op) -> &mut Self {
        self.u8(op as u8)
    }

    pub(super) fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes.push(value);
        self
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    fn run(&mut self, bytes: &[u8]) -> &mut Self {
        let len = u16::try_from(bytes.len()).expect("seeds are short");
        self.u16(len);
        self.bytes.extend(bytes);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.run(text.as_bytes())
    }

    fn control(&mut self, frame: &Frame) -> &mut Self {
        self.op(Op::Control).run(&frame.encode())
    }

    fn disk(&mut self, outcome: u8, times: usize) -> &mut Self {
        for _ in 0..times {
            self.op(Op::Disk).u8(outcome).u8(15);
        }
        self
    }

    fn seconds(&mut self, seconds: u16) -> &mut Self {
        self.op(Op::Time).u16(seconds * 125)
    }

    /// Without the rules.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn seed(&self, name: &str) -> Seed {
        let mut bytes = vec![self.rules];
        bytes.extend(&self.bytes);
        Seed::new(name, bytes)
    }
}

const WE_OFFER: u8 = 1;
const MUTE: u8 = 2;
const WIDE: u8 = 4;

pub(super) fn seeds() -> Vec<Seed> {
    let talk = talk();
    let receive = receive();
    let send = send();
    vec![
        Script::new(0).seed("meet"),
        Script::new(WE_OFFER).seed("meet-as-offerer"),
        talk.seed("talk"),
        receive.seed("receive"),
        send.seed("send"),
        disk_trouble().seed("disk-trouble"),
        forged_frames(0).seed("forged-frames"),
        forged_frames(MUTE).seed("refused-mute"),
        flood().seed("flood"),
        reconnect().seed("reconnect"),
        server().seed("server"),
        tampered().seed("tampered"),
        compare().seed("compare"),
    ]
}

fn talk() -> Script {
    let mut script = Script::new(0);
    script.op(Op::TheySay).text("hello");
    script.op(Op::WeSay).text("good morning");
    script.disk(0, 1).op(Op::TheySay).text("again");
    script.disk(1, 1).seconds(3).disk(0, 1).seconds(3);
    script.op(Op::NetworkChanged);
    script.op(Op::TheyLeave).op(Op::WeLeave);
    script
}

fn receive() -> Script {
    let mut script = Script::new(WIDE);
    script.op(Op::TheyOffer).u8(1).u8(1).u32(700_000);
    script.op(Op::WeAnswer).u8(0).u8(3);
    script.disk(0, 4).seconds(1).disk(0, 8);
    script
}

fn send() -> Script {
    let mut script = Script::new(WE_OFFER);
    script.op(Op::WeOffer).u8(1).u8(0).u32(300_000);
    script.op(Op::TheyAnswer).u8(0).u8(1);
    script.disk(0, 4).op(Op::WeOffer).u8(2).u8(2).u32(10);
    script.op(Op::TheyAnswer).u8(0).u8(5).disk(1, 2);
    script.op(Op::WeCancel).u8(2).u8(0);
    script
}

fn disk_trouble() -> Script {
    let mut script = Script::new(0);
    script.op(Op::TheyOffer).u8(1).u8(3).u32(100_000);
    script.op(Op::WeAnswer).u8(0).u8(15);
    script.op(Op::Disk).u8(2).u8(0);
    script.disk(0, 1).op(Op::Disk).u8(1).u8(1);
    script.disk(2, 1).op(Op::WeCancel).u8(1).u8(1);
    script.op(Op::TheyCancel).u8(1).u8(0);
    script
}

/// Every frame once, where it makes no sense.
fn forged_frames(rules: u8) -> Script {
    let mut script = Script::new(rules);
    script.op(Op::TheyOffer).u8(1).u8(1).u32(70_000);
    script.op(Op::WeAnswer).u8(0).u8(3).disk(0, 1);
    script.op(Op::WeOffer).u8(1).u8(0).u32(70_000);
    for frame in frame::trouble() {
        script.control(&frame);
    }
    script
}

/// More than anybody asked for.
fn flood() -> Script {
    let mut script = Script::new(WE_OFFER);
    script.op(Op::TheyOffer).u8(1).u8(0).u32(1_000_000);
    script.op(Op::WeAnswer).u8(0).u8(1).disk(0, 1);
    let ranges = (0..20).map(|n| ByteRange {
        start: n << 15,
        end: (n << 15) + 5,
    });
    script.op(Op::WeOffer).u8(1).u8(0).u32(1_000_000);
    script.op(Op::TheyAnswer).u8(0).u8(1);
    script.control(&Frame::Want(Want {
        transfer: 1,
        file: 0,
        ranges: ranges.collect(),
    }));
    script.op(Op::Bulk).run(&chunk_frame(9, 0, 0, 50));
    for n in 0..6 {
        script.op(Op::Chunk).u8(1).u8(0).u16(4 * n).u32(65_536);
    }
    script.disk(0, 3);
    script
}

fn reconnect() -> Script {
    let mut script = Script::new(0);
    script.op(Op::TheySay).text("before");
    script.op(Op::TheyOffer).u8(1).u8(0).u32(300_000);
    script.op(Op::WeAnswer).u8(0).u8(1).disk(0, 1);
    script.op(Op::Link).u8(3).seconds(1).disk(0, 2);
    script.op(Op::TheyReturn).u8(0).disk(0, 1);
    script.op(Op::TheySay).text("after");
    script.op(Op::TheyReturn).u8(3).seconds(9).seconds(20);
    script
}

fn server() -> Script {
    let mut script = Script::new(0);
    let message = "a sentence".to_owned();
    let draining = ServerMessage::Error {
        code: ErrorCode::Draining,
        message,
        retry_after_ms: Some(1_500),
    };
    script.op(Op::Server).text(&draining.encode());
    script.op(Op::SocketClosed).seconds(40);
    for kind in [2, 0, 1, 3] {
        script.op(Op::Sealed).u32(2).u8(kind);
    }
    script.op(Op::Link).u8(0).op(Op::Link).u8(1);
    script.op(Op::Link).u8(2).u32(7);
    let peer = parlor_proto::id::PeerId([0x70; 16]);
    let stranger = ServerMessage::PeerJoined { peer };
    script.op(Op::Server).text(&stranger.encode()).seconds(20);
    script
}

/// The emoji are the same, are forgotten, and differ when they come back.
fn compare() -> Script {
    let mut script = Script::new(WE_OFFER);
    script.op(Op::WeVerify).u8(0).disk(1, 1);
    script.op(Op::WeForget).op(Op::WeVerify).u8(0);
    script.op(Op::TheyReturn).u8(0).seconds(1);
    script.op(Op::WeVerify).u8(1).seconds(20);
    script.op(Op::TheyReturn).u8(0).seconds(1);
    script
}

fn tampered() -> Script {
    let mut script = Script::new(WE_OFFER);
    script.op(Op::Tamper).u16(9).u8(4);
    script.op(Op::TheySay).text("what did you say?");
    script.op(Op::Tamper).u16(0).u8(0x40);
    script.op(Op::TheyOffer).u8(1).u8(1).u32(9);
    script.disk(0, 1).op(Op::WeOffer).u8(3).u8(0).u32(70_000);
    script.op(Op::Tamper).u16(4).u8(1);
    script.op(Op::TheyAnswer).u8(0).u8(1).disk(0, 1);
    script
}
