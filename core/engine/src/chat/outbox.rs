//! Our own messages: numbered, made durable, then sent until every device has them.
//!
//! A number is used once for all time, also by an app that is killed. So nothing leaves before it is
//! durable: a message that was sent and is gone after a restart would share its number with the next.

use std::collections::VecDeque;

use parlor_proto::frame::{ChatMessage, MessageId};

use super::{STORE_AGAIN_AFTER, StoringState};
use crate::record::{OUTBOX_MAX, OwnMessages};
use crate::time::Moment;

#[derive(Debug)]
struct Own {
    message: ChatMessage,
    state: StoringState,
}

/// The last of them, without a gap.
#[derive(Debug)]
pub(super) struct Outbox {
    stream: u64,
    messages: VecDeque<Own>,
    last_seq: u64,
    durable_through: u64,
}

impl Outbox {
    /// Goes on where an earlier session ended, or begins in `fresh_stream`, which must not have been
    /// used by this device before.
    pub(super) fn new(fresh_stream: u64, kept: Option<OwnMessages>) -> Self {
        let kept = kept.unwrap_or(OwnMessages {
            stream: fresh_stream,
            messages: Vec::new(),
        });
        let last_seq = kept.messages.last().map_or(0, |message| message.seq);
        let older = kept.messages.len().saturating_sub(OUTBOX_MAX);
        let messages = kept.messages.into_iter().skip(older);
        let messages = messages.map(|message| Own {
            message,
            state: StoringState::Durable,
        });
        Self {
            stream: kept.stream,
            messages: messages.collect(),
            last_seq,
            durable_through: last_seq,
        }
    }

    pub(super) const fn stream(&self) -> u64 {
        self.stream
    }

    pub(super) const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    pub(super) fn first_kept(&self) -> Option<u64> {
        self.messages.front().map(|own| own.message.seq)
    }

    pub(super) fn is_full(&self) -> bool {
        self.messages.len() == OUTBOX_MAX
    }

    /// Whether the oldest one may be given up, as far as the disk is concerned.
    pub(super) fn is_oldest_durable(&self) -> bool {
        let oldest = self.messages.front();
        oldest.is_none_or(|own| own.state == StoringState::Durable)
    }

    pub(super) fn drop_oldest(&mut self) {
        self.messages.pop_front();
    }

    /// The next message, without a signature.
    pub(super) fn next(
        &self,
        text: &str,
        in_reply_to: Option<MessageId>,
        written_at_ms: u64,
    ) -> ChatMessage {
        ChatMessage {
            in_reply_to,
            ..ChatMessage::new(self.stream, self.last_seq + 1, written_at_ms, text)
        }
    }

    /// Signs the next message and takes it in.
    pub(super) fn add(
        &mut self,
        mut message: ChatMessage,
        sign: impl FnOnce(&ChatMessage) -> [u8; 64],
    ) -> ChatMessage {
        self.last_seq = message.seq;
        message.signature = sign(&message);
        self.messages.push_back(Own {
            message: message.clone(),
            state: StoringState::Asked,
        });
        message
    }

    fn place_of(&self, seq: u64) -> Option<usize> {
        usize::try_from(seq.checked_sub(self.first_kept()?)?).ok()
    }

    fn get(&self, seq: u64) -> Option<&Own> {
        self.messages.get(self.place_of(seq)?)
    }

    fn set(&mut self, seq: u64, state: StoringState) {
        let place = self.place_of(seq);
        if let Some(own) = place.and_then(|place| self.messages.get_mut(place)) {
            own.state = state;
        }
    }

    /// One is durable. Gives those that are said for good by that: it and those behind it that
    /// waited for it.
    pub(super) fn on_durable(&mut self, seq: u64) -> Vec<ChatMessage> {
        self.set(seq, StoringState::Durable);
        let mut said = Vec::new();
        while let Some(own) = self.get(self.durable_through + 1)
            && own.state == StoringState::Durable
        {
            said.push(own.message.clone());
            self.durable_through += 1;
        }
        said
    }

    pub(super) fn on_refused(&mut self, seq: u64, now: Moment) {
        let again_at = now + STORE_AGAIN_AFTER;
        self.set(seq, StoringState::Refused { again_at });
    }

    /// Those the disk refused and is to be asked again now.
    pub(super) fn store_again(&mut self, now: Moment) -> Vec<ChatMessage> {
        let own = self.messages.iter_mut();
        let due = own.filter(|own| own.state.again_at().is_some_and(|at| at <= now));
        due.map(|own| {
            own.state = StoringState::Asked;
            own.message.clone()
        })
        .collect()
    }

    pub(super) fn again_at(&self) -> Option<Moment> {
        let own = self.messages.iter();
        own.filter_map(|own| own.state.again_at()).min()
    }

    /// The first one after `sent_through` that may leave.
    pub(super) fn after(&self, sent_through: u64) -> Option<ChatMessage> {
        let seq = (sent_through + 1).max(self.first_kept()?);
        let is_durable = seq <= self.durable_through;
        is_durable.then(|| self.get(seq).map(|own| own.message.clone()))?
    }
}
