//! What the program tells: one typed list of reports, printed for people or as JSON lines.
//!
//! [`json`] writes a [`Report`] as it stands, so its fields are the documented format;
//! [`human`] puts the same report into [`words`] and progress [`bars`].

use serde::Serialize;

use crate::exit::Failure;
use human::Human;
use identity::{EmojiReport, KeyReport, StandingReport};

pub(crate) mod bars;
pub(crate) mod code;
pub(crate) mod hold;
pub(crate) mod human;
pub(crate) mod identity;
pub(crate) mod invitation;
pub(crate) mod json;
pub(crate) mod screen;
pub(crate) mod words;

/// One file of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FileReport {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) blake3: String,
}

/// How two devices reach each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PathReport {
    pub(crate) local: &'static str,
    pub(crate) remote: &'static str,
    pub(crate) round_trip_ms: Option<f64>,
}

/// Where a transfer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    Incoming,
    Outgoing,
}

/// Names a transfer with one device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct TransferRef {
    pub(crate) direction: Way,
    pub(crate) transfer: String,
    /// The other device.
    pub(crate) with: String,
    pub(crate) name: String,
}

/// Why a code lets nobody in any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodeEndReport {
    Expired,
    Guessed,
    UsedUp,
    Closed,
    Left,
    NoNumber,
}

/// Something to tell. The names and fields are stable: scripts read them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Report {
    Start {
        format: u32,
        version: &'static str,
        command: &'static str,
    },
    Hosting {
        listen: String,
        server: String,
        is_local_only: bool,
    },
    Room {
        link: String,
        deep_link: String,
        server: String,
    },
    Joined {
        others: usize,
    },
    /// A code that can be read out instead of passing the link on.
    CodeReady {
        code: String,
        valid_s: u64,
        uses_left: u32,
    },
    CodeUsed {
        uses_left: u32,
    },
    CodeMistyped {
        tries_left: u8,
    },
    CodeClosed {
        why: CodeEndReport,
    },
    ServerLost {
        reason: String,
        failures: u32,
        retry_in_ms: u64,
    },
    PeerConnected {
        device: String,
        name: String,
        path: Option<PathReport>,
        connect_ms: u64,
        standing: StandingReport,
        /// The name that goes with the standing: a former one, what a verified device calls
        /// itself, or whose name it is.
        other_name: Option<String>,
    },
    PeerUnreachable {
        reason: String,
        failures: u32,
    },
    PeerLost {
        device: String,
        name: String,
        reason: String,
    },
    PeerLeft {
        device: String,
        name: String,
        reason: String,
    },
    PeerRefused {
        reason: String,
    },
    ServerSuspected {
        reason: String,
    },
    Preparing {
        share: u64,
        done_bytes: u64,
        total_bytes: u64,
    },
    Prepared {
        share: u64,
        transfer: String,
        files: Vec<FileReport>,
        total_bytes: u64,
        more: bool,
    },
    OfferedAgain {
        transfer: String,
        files: Vec<FileReport>,
        total_bytes: u64,
    },
    NotPrepared {
        share: u64,
        path: String,
        reason: String,
        more: bool,
    },
    NotOffered {
        transfer: String,
        reason: String,
    },
    Offered {
        /// Counts the offers of this run from 1; `/accept` takes it.
        offer: u32,
        from: String,
        name: String,
        transfer: String,
        files: Vec<FileReport>,
        total_bytes: u64,
        /// Whether it waits for an answer. Else it was taken by a rule, or goes on from before.
        is_open: bool,
    },
    OfferAnswered {
        #[serde(flatten)]
        of: TransferRef,
        accepted: usize,
        reason: Option<String>,
    },
    Progress {
        #[serde(flatten)]
        of: TransferRef,
        done_bytes: u64,
        total_bytes: u64,
        /// Bytes that left this device, those that went twice included; zero for incoming ones.
        sent_bytes: u64,
        bytes_per_second: u64,
        seconds_left: Option<u64>,
    },
    TransferPaused {
        #[serde(flatten)]
        of: TransferRef,
        by_us: bool,
        reason: Option<String>,
    },
    TransferResumed {
        #[serde(flatten)]
        of: TransferRef,
        by_us: bool,
    },
    FileReceived {
        #[serde(flatten)]
        of: TransferRef,
        file: u32,
        path: String,
        size: u64,
        blake3: String,
    },
    FileDelivered {
        #[serde(flatten)]
        of: TransferRef,
        file: u32,
        path: String,
        size: u64,
        blake3: String,
    },
    FileFailed {
        #[serde(flatten)]
        of: TransferRef,
        file: u32,
        path: String,
        reason: String,
    },
    TransferComplete {
        #[serde(flatten)]
        of: TransferRef,
        files: usize,
        bytes: u64,
    },
    TransferIncomplete {
        #[serde(flatten)]
        of: TransferRef,
        files: usize,
        failed: usize,
    },
    TransferDeclined {
        #[serde(flatten)]
        of: TransferRef,
    },
    TransferCancelled {
        #[serde(flatten)]
        of: TransferRef,
        by_us: bool,
        reason: String,
    },
    Message {
        device: String,
        name: String,
        seq: u64,
        text: String,
        written_at_ms: u64,
    },
    Said {
        seq: u64,
        text: String,
        written_at_ms: u64,
    },
    NotSaid {
        reason: String,
    },
    Delivered {
        seq: u64,
        to: String,
        name: String,
    },
    Who {
        people: Vec<PersonReport>,
    },
    /// Who we are in the room.
    Identity {
        device: String,
        key: KeyReport,
    },
    /// The emoji to compare with somebody.
    Emoji {
        device: String,
        name: String,
        emoji: Vec<EmojiReport>,
    },
    Verified {
        device: String,
        name: String,
    },
    NotVerified {
        device: String,
        name: String,
        reason: String,
    },
    NotRemembered {
        device: String,
        name: String,
        reason: String,
    },
    /// Something for the person alone: a hint, an answer to a command.
    Note {
        text: String,
    },
    /// A step of `parlor demo` held.
    Checked {
        what: &'static str,
        detail: String,
    },
    /// What `parlor demo` found.
    Demo {
        connection: String,
        connect_ms: u64,
        megabytes_per_second: f64,
        verified: bool,
    },
    Error {
        code: u8,
        kind: &'static str,
        message: String,
    },
    End {
        exit_code: u8,
    },
}

/// Somebody in the room.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PersonReport {
    /// Not known before the first connection.
    pub(crate) device: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) connected: bool,
    pub(crate) path: Option<PathReport>,
    /// Whether file bytes have a lane there.
    pub(crate) lane: bool,
    pub(crate) standing: Option<StandingReport>,
}

impl From<&Failure> for Report {
    fn from(failure: &Failure) -> Self {
        Self::Error {
            code: failure.code.number(),
            kind: failure.code.name(),
            message: failure.message.clone(),
        }
    }
}

/// Prints reports.
#[derive(Debug)]
pub(crate) struct Reporter {
    is_json: bool,
    human: Human,
}

impl Reporter {
    pub(crate) fn new(is_json: bool) -> Self {
        Self {
            is_json,
            human: Human::new(is_json),
        }
    }

    pub(crate) fn report(&mut self, report: &Report) {
        if self.is_json {
            json::print(report);
        }
        self.human.print(report);
    }

    /// A hint for the person.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.report(&Report::Note { text });
    }

    /// A question for the person, with the cursor left behind it.
    pub(crate) fn ask(&mut self, question: &str) {
        self.human.ask(question);
    }

    /// The question is answered; `has_ended_line` unless the input was at its end.
    pub(crate) fn answered(&mut self, has_ended_line: bool) {
        self.human.answered(has_ended_line);
    }

    /// The person wants out.
    pub(crate) fn interrupted(&mut self) {
        self.human.interrupted();
    }
}
