//! What a session finds in the file of local state, and what it changes there. One thread writes.

use std::time::Duration;

use parlor_engine::input::DiskInput;
use parlor_engine::known::KnownDevice;
use parlor_engine::record::IncomingRecord;
use parlor_proto::frame::{Frame, Offer, OfferedFile};
use parlor_proto::id::{DeviceId, RoomId};
use tokio::sync::mpsc;

use super::{KeyState, Store};
use crate::arrivals::ArrivalChange;
use crate::clock::wall_clock_ms;
use crate::offers::{KeptOffer, OfferChange};
use crate::options::RoomOptions;
use crate::room::StartError;

/// Changes waiting for the disk: one for each hello and each decision of the person.
pub(crate) const QUEUE_MAX: usize = 256;

/// How long a transfer is remembered that nobody goes on with.
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// A change to what is kept.
#[derive(Debug)]
pub(crate) enum StoreChange {
    Remember(KnownDevice),
    Forget(DeviceId),
    Arrival(ArrivalChange),
    Offer(OfferChange),
}

/// What earlier sessions left.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Everybody who was met.
    pub(crate) known: Vec<KnownDevice>,
    /// Transfers of the room to this device, and its own offers there; none for a session that is
    /// another device.
    pub(crate) incoming: Vec<IncomingRecord>,
    pub(crate) offers: Vec<KeptOffer>,
    /// The numbers of the offers of all rooms.
    pub(crate) offer_numbers: Vec<u64>,
}

impl Kept {
    /// Reads it for the start of a session.
    pub(crate) fn read(
        store: &Store,
        options: &RoomOptions,
        key: KeyState,
    ) -> Result<Self, StartError> {
        let room = options.invite.secret.room_id();
        let read = || {
            let known = store.known_devices()?;
            if key == KeyState::InUse {
                return Ok(Self {
                    known,
                    ..Self::default()
                });
            }
            store.forget_old_transfers()?;
            Ok(Self {
                known,
                incoming: store.arrivals(room)?,
                offers: store.offers(room)?,
                offer_numbers: store.offer_numbers()?,
            })
        };
        read().map_err(|error: rusqlite::Error| StartError::Identity {
            path: options.identity.path(),
            reason: error.to_string(),
        })
    }
}

impl Store {
    /// Forgets what was under way in rooms that nobody came back to for [`KEPT_FOR`].
    pub(crate) fn forget_old_transfers(&self) -> rusqlite::Result<()> {
        let age_ms = i64::try_from(KEPT_FOR.as_millis()).unwrap_or(i64::MAX);
        let oldest = wall_clock_ms().saturating_sub(age_ms);
        let transaction = self.connection.unchecked_transaction()?;
        transaction.execute("DELETE FROM incoming WHERE changed_at_ms < ?1", [oldest])?;
        transaction.execute("DELETE FROM outgoing WHERE made_at_ms < ?1", [oldest])?;
        transaction.execute(
            "DELETE FROM outgoing_file WHERE transfer NOT IN (SELECT transfer FROM outgoing)",
            [],
        )?;
        transaction.commit()
    }
}

/// An offer as it stands in a table: the frame that made it.
pub(crate) fn offer_bytes(transfer: u64, files: &[OfferedFile]) -> Vec<u8> {
    let files = files.to_vec();
    Frame::Offer(Offer { transfer, files }).encode()
}

/// The files of such an offer; `None` where it is damaged or another's.
pub(crate) fn offer_from(bytes: &[u8], transfer: u64) -> Option<Vec<OfferedFile>> {
    match Frame::decode(bytes) {
        Ok(Frame::Offer(offer)) if offer.transfer == transfer => Some(offer.files),
        Ok(_) | Err(_) => None,
    }
}

/// The thread: carries changes out in order until the queue's other end is gone. Only what fails
/// for a device is answered; a transfer goes on all the same, and only after a kill the person is
/// asked again.
pub(crate) fn run(
    store: &Store,
    room: RoomId,
    mut queue: mpsc::Receiver<StoreChange>,
    answers: &mpsc::Sender<DiskInput>,
) {
    let tell = |device, done: rusqlite::Result<()>| {
        if let Err(error) = done {
            let reason = error.to_string();
            // With nobody to hear it the rest is carried out all the same.
            let _ = answers.blocking_send(DiskInput::DeviceNotRemembered { device, reason });
        }
    };
    while let Some(change) = queue.blocking_recv() {
        match change {
            StoreChange::Remember(device) => tell(device.public.id(), store.remember(&device)),
            StoreChange::Forget(device) => tell(device, store.forget(device)),
            StoreChange::Offer(change) => {
                if let Err(error) = store.change_offer(room, &change) {
                    tracing::warn!(%error, "an offer is not remembered");
                }
            }
            StoreChange::Arrival(change) => {
                if let Err(error) = store.change_arrival(room, &change) {
                    tracing::warn!(%error, "a transfer is not remembered");
                }
            }
        }
    }
}
