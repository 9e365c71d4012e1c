//! One device: its session, its disk, and the person in front of it.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use parlor_engine::accept::AcceptRules;
use parlor_engine::device::DeviceKey;
use parlor_engine::input::IncomingKey;
use parlor_engine::notice::Notice;
use parlor_engine::session::{Config, Session, WINDOW_MIN_BYTES};
use parlor_proto::avatar::Avatar;
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::invite::RoomSecret;
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use parlor_signaling::hub::ConnId;

use crate::disk::Disk;
use crate::hostile::Hostility;
use crate::link::EndId;

/// Which node.
pub type NodeIx = usize;

/// How the person answers offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Takes everything.
    Accepts,
    /// Takes nothing.
    Declines,
    /// Takes some files of some offers.
    Picks,
    /// Does not answer.
    Ignores,
}

/// The secret of the room everybody is in.
pub(crate) const SECRET: RoomSecret = RoomSecret::from_bytes([0x52; 32]);

/// One device.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) session: Session,
    pub(crate) device: DeviceId,
    pub(crate) name: DisplayName,
    pub(crate) window_bytes: u64,
    pub(crate) has_lane: bool,
    pub(crate) manner: Manner,
    /// Offers may be taken without the person.
    pub(crate) has_rules: bool,
    pub(crate) hostility: Hostility,
    /// Not killed.
    pub(crate) is_alive: bool,
    /// Dials may succeed.
    pub(crate) reaches_server: bool,
    pub(crate) socket: Option<ConnId>,
    pub(crate) links: BTreeMap<(PeerId, u32), EndId>,
    pub(crate) links_opened: u64,
    pub(crate) disk: Disk,
    /// The deadline that counts.
    pub(crate) wake_turn: u64,
    /// Wakes in a row without time passing.
    pub(crate) idle_wakes: u32,
    pub(crate) next_transfer: u64,
    /// Files this node's person took, by offer.
    pub(crate) taken: BTreeMap<IncomingKey, Vec<u32>>,
    /// How far each author's messages of each stream were shown.
    pub(crate) heard: BTreeMap<(DeviceId, u64), u64>,
    /// How far each device has this node's messages, by the notices.
    pub(crate) delivered: BTreeMap<DeviceId, u64>,
    /// Incoming transfers that ended.
    pub(crate) received: BTreeSet<IncomingKey>,
    /// Outgoing transfers that ended, by device.
    pub(crate) sent: BTreeSet<(u64, DeviceId)>,
    pub(crate) notices: Vec<Notice>,
}

impl Node {
    pub(crate) fn new(ix: NodeIx, window_bytes: u32, has_lane: bool, rng: &mut Rng) -> Self {
        let name = DisplayName::sanitise(&format!("node {ix}"));
        Self {
            session: session(
                (ix, name.clone()),
                &Disk::default(),
                (window_bytes, has_lane),
                rng,
            ),
            device: device_key(ix).id(),
            name,
            window_bytes: window_bytes.max(WINDOW_MIN_BYTES).into(),
            has_lane,
            manner: Manner::Accepts,
            has_rules: false,
            hostility: Hostility::default(),
            is_alive: true,
            reaches_server: true,
            socket: None,
            links: BTreeMap::new(),
            links_opened: 0,
            disk: Disk::default(),
            wake_turn: 0,
            idle_wakes: 0,
            next_transfer: 0,
            taken: BTreeMap::new(),
            heard: BTreeMap::new(),
            delivered: BTreeMap::new(),
            received: BTreeSet::new(),
            sent: BTreeSet::new(),
            notices: Vec::new(),
        }
    }

    /// The app starts again on the same device: of what was before only the disk is left, and the
    /// screen is empty.
    pub(crate) fn restart(&mut self, ix: NodeIx, rng: &mut Rng) {
        let window_bytes = u32::try_from(self.window_bytes).expect("a window is a u32");
        self.disk.restart(rng);
        let settings = (window_bytes, self.has_lane);
        self.session = session((ix, self.name.clone()), &self.disk, settings, rng);
        self.is_alive = true;
        self.idle_wakes = 0;
        self.links.clear();
        // What was answered and not kept is asked again.
        let kept = &self.disk.records;
        self.taken.retain(|key, _| kept.contains_key(key));
        // The person finds on the screen what is on the disk.
        let record = self.disk.message_record(self.device);
        let heard = record.authors.iter();
        self.heard = heard.map(|a| ((a.device, a.stream), a.through)).collect();
        let delivered = record.readers.iter();
        self.delivered = delivered.map(|r| (r.device, r.through)).collect();
        self.received.clear();
        self.sent.clear();
    }

    /// Alive and in the room.
    pub(crate) fn is_here(&self) -> bool {
        self.is_alive && !self.session.has_ended()
    }
}

fn session(
    (ix, name): (NodeIx, DisplayName),
    disk: &Disk,
    (window_bytes, has_lane): (u32, bool),
    rng: &mut Rng,
) -> Session {
    let mut seed = [0; 32];
    rng.fill(&mut seed);
    let known = disk.known.clone();
    let incoming = disk.records.values().cloned().collect();
    Session::new(Config {
        avatar: avatar(ix),
        secret: SECRET,
        intent: JoinIntent::Open,
        max_peers: None,
        device: device_key(ix),
        known,
        incoming,
        messages: disk.message_record(device_key(ix).id()),
        accept: AcceptRules::default(),
        has_lane,
        name,
        seed,
        window_bytes,
    })
}

/// How the person in front of a node wants to be shown.
pub(crate) fn avatar(ix: NodeIx) -> Avatar {
    let number = u8::try_from(ix % 12).expect("small");
    Avatar {
        colour: number + 1,
        emblem: number + 2,
    }
}

/// The key of a node's device.
pub(crate) fn device_key(ix: NodeIx) -> DeviceKey {
    let mut seed = [0xDE; 32];
    seed[..8].copy_from_slice(&(ix as u64).to_le_bytes());
    DeviceKey::from_seed(&seed)
}
