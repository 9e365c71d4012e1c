//! What people write: their own messages, those of others, and who is writing.

use parlor_proto::frame::{ChatMessage, Frame, Have, HaveAuthor, Passed, Stored, Typing};
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::text::DisplayName;

use super::Session;
use crate::chat::{Arrival, Read};
use crate::device::DevicePublic;
use crate::input::MessageId;
use crate::known::Standing;
use crate::notice::Notice;
use crate::output::{DiskRequest, LinkAction};
use crate::quota::Counted;
use crate::record::Member;
use crate::transfer::Violation;

impl Session {
    pub(super) fn on_message(
        &mut self,
        id: PeerId,
        author: DeviceId,
        message: ChatMessage,
    ) -> Result<(), Violation> {
        let open = self.peers.get(&id).and_then(|peer| peer.open());
        let Some(open) = open else {
            return Ok(());
        };
        let signed = message.signed_bytes(self.room, author);
        if !open.public.has_signed(&signed, &message.signature) {
            return Err(Violation("sent a message that it did not sign"));
        }
        if open.stream != message.stream {
            return Err(Violation("numbers its messages in two ways"));
        }
        let name = open.name.clone();
        match self.chat.on_message(author, name, message.clone()) {
            Arrival::New => self.disk(DiskRequest::StoreMessage { author, message }),
            Arrival::Repeated {
                stored_through: through,
            } => self.send(id, &Frame::Stored(Stored { through })),
            Arrival::Ignored => {}
        }
        Ok(())
    }

    pub(super) fn on_stored(&mut self, device: DeviceId, through: u64) -> Result<(), Violation> {
        let stored = self.chat.on_stored(device, through);
        if stored.is_empty() {
            self.count(device, Counted::Idle, 1)?;
        }
        if let Some(through) = stored.last().copied() {
            let stream = self.chat.stream();
            self.disk(DiskRequest::KeepReceipt {
                reader: device,
                stream,
                through,
            });
        }
        for seq in stored {
            self.notice(Notice::Delivered { seq, to: device });
        }
        self.pump_messages();
        Ok(())
    }

    pub(super) fn on_message_stored(&mut self, id: MessageId) {
        if self.chat.is_own(id) {
            return self.on_own_message_stored(id.seq);
        }
        let author = id.author;
        let Some(durable) = self.chat.on_durable(id) else {
            return;
        };
        self.no_longer_writes(author);
        for (name, message) in durable.messages {
            self.notice(Notice::Heard {
                author,
                name,
                stream: message.stream,
                seq: message.seq,
                text: message.text,
                in_reply_to: message.in_reply_to,
                written_at_ms: message.written_at_ms,
            });
        }
        match (self.peer_of(author), durable.through) {
            (Some(peer), Some(through)) => self.send(peer, &Frame::Stored(Stored { through })),
            // Whoever passed it on waits for a receipt, and the others need not pass it on any more.
            (None, Some(_)) => self.tell_have(author),
            (_, None) => {}
        }
        self.pump_messages();
    }

    fn on_own_message_stored(&mut self, seq: u64) {
        for message in self.chat.on_own_durable(seq) {
            self.notice(Notice::Said {
                stream: message.stream,
                seq: message.seq,
                text: message.text,
                in_reply_to: message.in_reply_to,
                written_at_ms: message.written_at_ms,
                signature: message.signature,
            });
        }
        self.pump_messages();
    }

    /// Sends every device the messages it may have now, ours and those of others.
    pub(super) fn pump_messages(&mut self) {
        let now = self.now;
        for (peer, device) in self.open_devices() {
            while self.quotas.may_say(device, now)
                && let Some(message) = self.chat.next_for(device)
            {
                self.count_own(device, message.text.len());
                self.send(peer, &Frame::Message(message));
            }
            let may_pass_on = self.quotas.may_pass_on(device, now);
            if let Some(read) = self.chat.next_read(device, may_pass_on) {
                let Read { after, max } = read;
                self.disk(DiskRequest::ReadMessages {
                    reader: device,
                    after,
                    max,
                });
            }
        }
    }

    /// Messages were read from the disk to be passed on.
    pub(super) fn on_messages_read(
        &mut self,
        reader: DeviceId,
        after: MessageId,
        who: Option<(DevicePublic, DisplayName)>,
        messages: Vec<ChatMessage>,
    ) {
        // Without the keys nobody could tell whose they are.
        let messages = if who.is_some() { messages } else { Vec::new() };
        let leaving = self.chat.on_read(reader, after, messages);
        let (Some((public, name)), Some(peer)) = (who, self.peer_of(reader)) else {
            return;
        };
        for message in leaving {
            self.count_own(reader, message.text.len());
            let passed = Passed {
                handshake_key: public.handshake,
                signing_key: public.signing,
                name: name.clone(),
                message,
            };
            self.send(peer, &Frame::Passed(passed));
        }
        self.pump_messages();
    }

    /// Says to one that a link opened to how far the messages of others are stored here.
    pub(super) fn say_have(&mut self, id: PeerId, device: DeviceId) {
        let authors = self.chat.have(device, |author| self.needs_nobody(author));
        self.send(id, &Frame::Have(Have { authors }));
    }

    /// Says to everyone how far the messages of one author are stored here.
    pub(super) fn tell_have(&mut self, author: DeviceId) {
        let Some(have) = self.chat.have_of(author, self.needs_nobody(author)) else {
            return;
        };
        let authors: Vec<HaveAuthor> = vec![have];
        let frame = Frame::Have(Have { authors });
        for (peer, device) in self.open_devices() {
            if device != author {
                self.send(peer, &frame);
            }
        }
    }

    /// Whether messages of an author need not be passed on to us.
    fn needs_nobody(&self, author: DeviceId) -> bool {
        self.peer_of(author).is_some() || self.known.is_blocked(author)
    }

    pub(super) fn on_have(&mut self, device: DeviceId, have: &Have) -> Result<(), Violation> {
        if !self.chat.on_have(device, &have.authors) {
            self.count(device, Counted::Idle, 1)?;
        }
        self.pump_messages();
        Ok(())
    }

    /// A message of somebody else.
    pub(super) fn on_passed(
        &mut self,
        id: PeerId,
        from: DeviceId,
        passed: Passed,
    ) -> Result<(), Violation> {
        let Passed {
            handshake_key: handshake,
            signing_key: signing,
            name,
            message,
        } = passed;
        let public = DevicePublic { handshake, signing };
        let author = public.id();
        if author == self.config.device.id() || self.known.is_blocked(author) {
            return self.count(from, Counted::Idle, 1);
        }
        let signed = message.signed_bytes(self.room, author);
        if !public.has_signed(&signed, &message.signature) {
            return Err(Violation(
                "passed on a message that its author did not sign",
            ));
        }
        let is_new = !self.chat.knows(author);
        let shown = self.hearsay_name(author, &name);
        match self
            .chat
            .on_passed((from, author), shown.clone(), message.clone())
        {
            Arrival::New => {
                if is_new {
                    let avatar = parlor_proto::avatar::Avatar::default();
                    let member = Member {
                        public,
                        name: shown,
                        avatar,
                    };
                    let is_hearsay = true;
                    self.disk(DiskRequest::KeepMember { member, is_hearsay });
                }
                self.disk(DiskRequest::StoreMessage { author, message });
            }
            Arrival::Repeated { .. } => {
                let have = self.chat.have_of(author, self.needs_nobody(author));
                let authors = have.into_iter().collect();
                self.send(id, &Frame::Have(Have { authors }));
            }
            Arrival::Ignored => {}
        }
        Ok(())
    }

    /// The name to show somebody by whom others speak of: the one it said itself if it was ever
    /// met, and none that belongs to somebody else.
    fn hearsay_name(&self, author: DeviceId, said: &DisplayName) -> DisplayName {
        if let Some(name) = self.known.first_name(author) {
            return name.clone();
        }
        match self.known.standing(author, said) {
            Standing::NameTaken { .. } => DisplayName::sanitise(""),
            Standing::New | Standing::Known { .. } | Standing::Verified { .. } => said.clone(),
        }
    }

    /// The person typed something.
    pub(super) fn typed(&mut self) {
        if self.writers.typed(self.now) {
            self.tell_typing(true);
        }
    }

    /// The person has nothing to say after all.
    pub(super) fn stopped_typing(&mut self) {
        if self.writers.stopped() {
            self.tell_typing(false);
        }
    }

    fn tell_typing(&mut self, is_typing: bool) {
        let frame = Frame::Typing(Typing { is_typing }).encode();
        for (peer, _) in self.open_devices() {
            self.link(peer, LinkAction::SendLive(frame.clone().into()));
        }
    }

    /// Notices who stopped writing without a word.
    pub(super) fn watch_writers(&mut self) {
        if self.writers.has_paused(self.now) {
            self.tell_typing(false);
        }
        for device in self.writers.fell_silent(self.now) {
            let is_typing = false;
            self.notice(Notice::Typing { device, is_typing });
        }
    }

    pub(super) fn on_typing(&mut self, device: DeviceId, typing: Typing) {
        let Typing { is_typing } = typing;
        if self.writers.heard(device, is_typing, self.now) {
            self.notice(Notice::Typing { device, is_typing });
        }
    }

    /// A device that wrote until now does so no longer: it said what it had to say, or is gone.
    pub(super) fn no_longer_writes(&mut self, device: DeviceId) {
        self.on_typing(device, Typing { is_typing: false });
    }
}
