//! Our disk: what it is asked, how much of it may wait, and what it answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use parlor_engine::input::{DiskInput, MessageId};
use parlor_engine::output::DiskRequest;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::id::DeviceId;
use parlor_proto::tree::ChunkSize;

/// Messages of one author that wait for the disk.
const UNSTORED_MAX: usize = 32;

/// Requests that wait for the disk: every file of every open transfer.
const REQUESTS_MAX: usize = 4096;

/// Why the disk does not do it.
const REFUSAL: &str = "the disk says no";

/// What waits in our memory is no more than we said: from each device a window of file bytes.
/// What `own` says itself is bounded by its outbox.
pub(super) fn check_bounds<'a>(
    own: DeviceId,
    requests: impl Iterator<Item = &'a DiskRequest>,
    window: u64,
) {
    let mut all = 0_usize;
    let mut unwritten: BTreeMap<DeviceId, u64> = BTreeMap::new();
    let mut unstored: BTreeMap<DeviceId, usize> = BTreeMap::new();
    for request in requests {
        all += 1;
        match request {
            DiskRequest::Write { key, chunk } => {
                *unwritten.entry(key.from).or_default() += chunk.data.len() as u64;
            }
            DiskRequest::StoreMessage { author, .. } if *author != own => {
                *unstored.entry(*author).or_default() += 1;
            }
            _ => {}
        }
    }
    assert!(all <= REQUESTS_MAX, "{all} requests wait");
    let fits = unwritten.values().all(|bytes| *bytes <= window);
    assert!(fits, "more than the window waits: {unwritten:?}");
    let fits = unstored.values().all(|count| *count <= UNSTORED_MAX);
    assert!(fits, "too many messages wait: {unstored:?}");
}

/// What a disk says: that all went well, or one of the ways it can go wrong.
pub(super) fn answer(request: DiskRequest, outcome: u8) -> Option<DiskInput> {
    let is_well = outcome.is_multiple_of(4);
    let (key, file, len, done) = match request {
        DiskRequest::ReadChunk { .. } => return read(&request, is_well),
        DiskRequest::StoreMessage { author, message } => {
            return Some(stored(MessageId::of(author, &message), is_well));
        }
        DiskRequest::ReadMessages { reader, after, .. } => {
            return Some(nothing(reader, after));
        }
        DiskRequest::Create { key, file, .. } => {
            let have = parlor_engine::ranges::RangeSet::default();
            (key, file, 0, DiskInput::Created { key, file, have })
        }
        DiskRequest::Write { key, chunk } => {
            let (file, offset, len) = (chunk.file, chunk.offset, chunk.data.len() as u64);
            if outcome % 4 == 1 {
                return Some(DiskInput::Corrupt {
                    key,
                    file,
                    offset,
                    len,
                });
            }
            let written = DiskInput::Written {
                key,
                file,
                offset,
                len,
            };
            (key, file, len, written)
        }
        DiskRequest::Finish { key, file } => {
            let stored_as = "file".to_owned();
            (
                key,
                file,
                0,
                DiskInput::Finished {
                    key,
                    file,
                    stored_as,
                },
            )
        }
        DiskRequest::RememberDevice { device } => {
            let (device, reason) = (device.public.id(), REFUSAL.to_owned());
            return (!is_well).then_some(DiskInput::DeviceNotRemembered { device, reason });
        }
        DiskRequest::Discard { .. }
        | DiskRequest::CloseSource { .. }
        | DiskRequest::KeepIncoming { .. }
        | DiskRequest::MarkIncoming { .. }
        | DiskRequest::ForgetIncoming { .. }
        | DiskRequest::MarkOutgoing { .. }
        | DiskRequest::KeepReceipt { .. }
        | DiskRequest::KeepMember { .. }
        | DiskRequest::ForgetDevice { .. } => return None,
    };
    let reason = REFUSAL.to_owned();
    Some(if is_well {
        done
    } else {
        DiskInput::StoreFailed {
            key,
            file,
            len,
            reason,
        }
    })
}

/// There is nothing to be passed on.
fn nothing(reader: DeviceId, after: MessageId) -> DiskInput {
    DiskInput::MessagesRead {
        reader,
        after,
        who: None,
        messages: Vec::new(),
    }
}

fn stored(id: MessageId, is_well: bool) -> DiskInput {
    let reason = REFUSAL.to_owned();
    if is_well {
        DiskInput::MessageStored { id }
    } else {
        DiskInput::MessageNotStored { id, reason }
    }
}

fn read(request: &DiskRequest, is_well: bool) -> Option<DiskInput> {
    let &DiskRequest::ReadChunk {
        peer,
        attempt,
        transfer,
        file,
        offset,
        len: data_len,
    } = request
    else {
        return None;
    };
    let reason = REFUSAL.to_owned();
    Some(if is_well {
        let frame = chunk_frame(transfer, file, offset, data_len);
        DiskInput::ChunkRead {
            peer,
            attempt,
            transfer,
            file,
            offset,
            frame,
            data_len,
        }
    } else {
        DiskInput::ReadFailed {
            peer,
            attempt,
            transfer,
            file,
            data_len,
            reason,
        }
    })
}

/// A chunk of nothing but zeros; nobody here checks its proof.
pub(super) fn chunk_frame(transfer: u64, file: u32, offset: u64, len: u64) -> Bytes {
    let len = len.min(ChunkSize::PREFERRED.bytes()) as usize;
    let mut frame = ChunkFrame::start(transfer, file, offset, ChunkSize::PREFERRED, &[], len);
    frame.resize(frame.len() + len, 0);
    frame.freeze()
}
