//! Messages on a node's disk, and what a later life of its app finds of them.

use std::collections::BTreeMap;

use parlor_engine::input::{DiskInput, MessageId};
use parlor_engine::output::DiskRequest;
use parlor_engine::record::{AuthorRecord, Member, MessageRecord, OwnMessages, ReaderRecord};
use parlor_proto::frame::ChatMessage;
use parlor_proto::id::DeviceId;

use super::Disk;

impl Disk {
    pub(super) fn store_message(
        &mut self,
        author: DeviceId,
        message: ChatMessage,
        fails: bool,
    ) -> DiskInput {
        let id = MessageId::of(author, &message);
        let pending = self.pending_messages.get_mut(&author);
        *pending.expect("counted when it was asked") -= 1;
        let hole = self.holes.get(&(author, id.stream)).copied();
        if fails || hole.is_some_and(|hole| hole < id.seq) {
            let first = hole.map_or(id.seq, |hole| hole.min(id.seq));
            self.holes.insert((author, id.stream), first);
            let reason = "no space left".to_owned();
            return DiskInput::MessageNotStored { id, reason };
        }
        if hole == Some(id.seq) {
            self.holes.remove(&(author, id.stream));
        }
        let kept = self.messages.entry(id).or_insert_with(|| message.clone());
        assert_eq!(*kept, message, "two texts under one number");
        DiskInput::MessageStored { id }
    }

    pub(super) fn keep_receipt(&mut self, request: &DiskRequest) -> Option<DiskInput> {
        if let DiskRequest::KeepReceipt {
            reader, through, ..
        } = *request
        {
            self.receipts.insert(reader, through);
        }
        None
    }

    pub(super) fn keep_member(&mut self, member: Member, is_hearsay: bool) -> Option<DiskInput> {
        let id = member.public.id();
        if !is_hearsay || !self.members.contains_key(&id) {
            self.members.insert(id, member);
        }
        None
    }

    /// Messages to be passed on.
    pub(super) fn read_messages(&self, request: &DiskRequest) -> Option<DiskInput> {
        let &DiskRequest::ReadMessages { reader, after, max } = request else {
            return None;
        };
        let author = after.author;
        let theirs = self.messages_of(author, after.stream).into_iter();
        let next = theirs.filter(|message| message.seq > after.seq);
        let member = self.members.get(&author);
        Some(DiskInput::MessagesRead {
            reader,
            after,
            who: member.map(|member| (member.public, member.name.clone())),
            messages: next.take(max as usize).collect(),
        })
    }

    /// What a later life of the app goes on from.
    pub(crate) fn message_record(&self, own: DeviceId) -> MessageRecord {
        let mut authors: BTreeMap<DeviceId, AuthorRecord> = BTreeMap::new();
        for id in self.messages.keys().filter(|id| id.author != own) {
            let (device, stream, through) = (id.author, id.stream, id.seq);
            let author = AuthorRecord {
                device,
                stream,
                through,
            };
            authors.insert(device, author);
        }
        let mut mine = self.messages.iter().filter(|(id, _)| id.author == own);
        let own = mine.next_back().map(|(last, _)| OwnMessages {
            stream: last.stream,
            messages: self.messages_of(own, last.stream),
        });
        let readers = self.receipts.iter().map(|(device, through)| ReaderRecord {
            device: *device,
            through: *through,
        });
        MessageRecord {
            own,
            authors: authors.into_values().collect(),
            readers: readers.collect(),
        }
    }

    /// In their order.
    pub(crate) fn messages_of(&self, author: DeviceId, stream: u64) -> Vec<ChatMessage> {
        let theirs = self.messages.iter();
        let theirs = theirs.filter(|(id, _)| (id.author, id.stream) == (author, stream));
        theirs.map(|(_, message)| message.clone()).collect()
    }
}
