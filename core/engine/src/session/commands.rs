//! What the person wants.

use bytes::Bytes;
use parlor_proto::frame::{Bye, ChatMessage, Frame};
use parlor_proto::id::PeerId;
use parlor_proto::limits::{MESSAGE_TEXT_MAX_BYTES, REASON_MAX_BYTES};
use parlor_proto::signal::ClientMessage;
use parlor_proto::text::one_line;

use super::Session;
use crate::input::{Command, IncomingKey, MessageId};
use crate::notice::{CodeEnd, Notice};
use crate::output::{DiskRequest, LinkAction, Output};
use crate::transfer::OUTGOING_MAX;
use crate::transfer::incoming::Incoming;
use crate::transfer::outgoing::Outgoing;

/// Small pictures that are kept for people who come later, in bytes, of all offers.
const PREVIEWS_MAX_BYTES: usize = 16 * 1024 * 1024;

impl Session {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Say {
                text,
                in_reply_to,
                written_at_ms,
            } => self.say(&text, in_reply_to, written_at_ms),
            Command::Typed => self.typed(),
            Command::StoppedTyping => self.stopped_typing(),
            Command::Offer {
                transfer,
                files,
                is_paused,
            } => self.offer(transfer, Outgoing::new(transfer, files, is_paused)),
            Command::Preview {
                transfer,
                file,
                image,
            } => self.show_preview(transfer, file, image),
            Command::Answer {
                key,
                accepted,
                reason,
            } => {
                let reason = reason.map(|reason| one_line(&reason, REASON_MAX_BYTES));
                self.with_incoming(key, |incoming| incoming.answer_offer(&accepted, reason));
            }
            Command::TakeUpAgain { key } => self.with_incoming(key, Incoming::take_up_again),
            Command::CancelOutgoing { transfer } => {
                self.cancel_outgoing(transfer, "the sender stopped it");
            }
            Command::CancelIncoming { key } => {
                self.with_incoming(key, |i| i.cancel(true, "the receiver stopped it"));
            }
            Command::PauseOutgoing {
                transfer,
                is_paused,
            } => self.pause_outgoing(transfer, is_paused),
            Command::PauseIncoming { key, is_paused } => {
                self.with_incoming(key, |incoming| incoming.pause(is_paused));
            }
            Command::Accept(rules) => self.config.accept = rules,
            Command::NetworkChanged => {
                self.signal.on_network_changed(self.now);
                for peer in self.peers.values_mut() {
                    peer.hurry(self.now);
                    peer.probe(self.now);
                }
            }
            Command::Leave => self.leave(),
            Command::Close => self.end("closed the app"),
            Command::OpenCode { uses } => {
                let words = self.random.words();
                let is_joined = self.signal.is_joined();
                let outputs = self.sponsor.open(words, uses, is_joined, self.now);
                self.out.extend(outputs);
            }
            Command::CloseCode => self.close_code(CodeEnd::Closed),
            Command::Verify { device, matches } => self.verify(device, matches),
            Command::Block { device } => self.block(device),
            Command::Forget { device } => self.forget(device),
        }
    }

    fn offer(&mut self, transfer: u64, outgoing: Outgoing) {
        if self.outgoing.len() >= OUTGOING_MAX {
            self.outgoing.retain(|_, outgoing| !outgoing.is_cancelled());
        }
        if self.outgoing.len() >= OUTGOING_MAX {
            let reason = "too many files are on offer in this room".to_owned();
            self.disk(DiskRequest::CloseSource { transfer });
            return self.notice(Notice::NotOffered { transfer, reason });
        }
        self.outgoing.insert(transfer, outgoing);
        for (_, device) in self.open_devices() {
            self.offer_more(device);
        }
    }

    fn show_preview(&mut self, transfer: u64, file: u32, image: Bytes) {
        let held = self.outgoing.values().map(Outgoing::preview_bytes);
        if held.sum::<usize>().saturating_add(image.len()) > PREVIEWS_MAX_BYTES {
            return;
        }
        let outgoing = self.outgoing.get_mut(&transfer);
        let shown = outgoing.map(|outgoing| outgoing.add_preview(file, image));
        for (device, step) in shown.unwrap_or_default() {
            self.take_steps(device, vec![step]);
        }
    }

    fn pause_outgoing(&mut self, transfer: u64, is_paused: bool) {
        let Some(outgoing) = self.outgoing.get_mut(&transfer) else {
            return;
        };
        if outgoing.is_paused() == is_paused || outgoing.is_cancelled() {
            return;
        }
        for (device, steps) in outgoing.pause(is_paused) {
            self.take_steps(device, steps);
        }
        self.disk(DiskRequest::MarkOutgoing {
            transfer,
            is_paused,
        });
        let (by, reason) = (None, None);
        self.notice(if is_paused {
            Notice::OutgoingPaused {
                transfer,
                by,
                reason,
            }
        } else {
            Notice::OutgoingResumed { transfer, by }
        });
    }

    fn say(&mut self, text: &str, in_reply_to: Option<MessageId>, written_at_ms: u64) {
        let refusal = if text.len() > MESSAGE_TEXT_MAX_BYTES {
            Some(format!(
                "the message is over {} KiB; send it as a file",
                MESSAGE_TEXT_MAX_BYTES / 1024
            ))
        } else if text.trim().is_empty() {
            Some("the message is empty".to_owned())
        } else {
            None
        };
        if let Some(reason) = refusal {
            let text = text.to_owned();
            return self.notice(Notice::NotSaid { text, reason });
        }
        let (room, device) = (self.room, &self.config.device);
        let sign = |message: &ChatMessage| device.sign(&message.signed_bytes(room, device.id()));
        match self.chat.say(text, in_reply_to, written_at_ms, sign) {
            Some(message) => {
                // The message says so itself.
                self.writers.stopped();
                let author = self.config.device.id();
                self.disk(DiskRequest::StoreMessage { author, message });
            }
            None => {
                let text = text.to_owned();
                let reason = "too many messages wait to be delivered".to_owned();
                self.notice(Notice::NotSaid { text, reason });
            }
        }
    }

    fn cancel_outgoing(&mut self, transfer: u64, reason: &str) {
        let outgoing = self.outgoing.get_mut(&transfer);
        let Some(outgoing) = outgoing.filter(|outgoing| !outgoing.is_cancelled()) else {
            return;
        };
        let steps = outgoing.cancel(reason);
        for (device, steps) in steps {
            self.take_steps(device, steps);
        }
        self.disk(DiskRequest::CloseSource { transfer });
    }

    fn close_code(&mut self, why: CodeEnd) {
        let outputs = self.sponsor.close(why, self.signal.is_joined());
        self.out.extend(outputs);
    }

    fn leave(&mut self) {
        let transfers: Vec<u64> = self.outgoing.keys().copied().collect();
        for transfer in transfers {
            self.cancel_outgoing(transfer, "the sender left");
        }
        let keys: Vec<IncomingKey> = self.incoming.keys().copied().collect();
        for key in keys {
            self.with_incoming(key, |i| i.cancel(true, "the receiver left"));
            self.disk(DiskRequest::ForgetIncoming { key });
        }
        self.end("left the room");
    }

    fn end(&mut self, reason: &str) {
        self.close_code(CodeEnd::Left);
        for (peer, _) in self.open_devices() {
            self.send(
                peer,
                &Frame::Bye(Bye {
                    reason: reason.to_owned(),
                }),
            );
        }
        let linked: Vec<PeerId> = self
            .peers
            .values()
            .filter(|peer| peer.has_link())
            .map(|peer| peer.id)
            .collect();
        for peer in linked {
            self.link(peer, LinkAction::Close);
        }
        if self.signal.is_joined() {
            self.out.push_back(Output::SendSignal(ClientMessage::Leave));
        }
        self.signal.stop();
        self.peers.clear();
        self.out.push_back(Output::HangUp);
        self.notice(Notice::Ended);
        self.has_ended = true;
    }
}
