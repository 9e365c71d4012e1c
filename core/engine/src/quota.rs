//! What one device may ask of us: how much of each kind, and how fast.
//!
//! Each kind has a bucket that fills with what the device sends and leaks at a steady rate
//! (RFC 2697 calls the like a committed burst and rate). An honest device meets none of them:
//! every burst is a multiple of the most that a correct implementation has to say at once, a
//! newcomer's welcome included. Buckets belong to the device, so a new connection does not empty
//! them, and a device that overflowed one is refused under whatever peer id it comes next.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use parlor_proto::id::DeviceId;
use parlor_proto::limits::{MESSAGE_TEXT_MAX_BYTES, ROOM_PEERS_MAX};

use crate::time::Moment;
use crate::transfer::Violation;

/// How long a device that was cut off is not let in again: long enough that coming back is no way
/// to go on, short enough that a repaired one is not locked out for the evening.
pub(crate) const REFUSED_FOR: Duration = Duration::from_secs(10 * 60);

/// Devices that were cut off and are remembered. The oldest is forgotten first.
const REFUSED_DEVICES_MAX: usize = 256;

/// Devices whose buckets are kept. Beyond that the emptiest goes: it has the least to gain.
const DEVICES_MAX: usize = 256;

/// Peers met for the first time that are connected to at once: a full room, and half of one more
/// that comes back under new names.
const NEWCOMERS: Quota = Quota {
    burst: ROOM_PEERS_MAX as u64 * 3 / 2,
    per_second: 1,
};

/// Frames from somebody who has not said hello: three of a handshake and a few of a later version.
pub(crate) const GREETING_FRAMES_MAX: u32 = 32;

/// How long a peer may leave our pings unanswered and take no file bytes either. Its own frames
/// keep the connection alive; this is how one that sends and never reads is told from a slow path,
/// where a ping may wait for most of a minute behind file bytes.
pub(crate) const UNREAD_MAX: Duration = Duration::from_secs(90);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Control frames of every kind, and whatever comes on `live`.
    Frames,
    /// Their bytes.
    FrameBytes,
    /// Pings, each of which is answered, pongs, and words about who is writing.
    Probes,
    /// Chat messages.
    Messages,
    /// Bytes of their texts, which go to the disk.
    MessageBytes,
    /// Our own messages to the device.
    OwnMessages,
    /// Bytes of their texts.
    OwnMessageBytes,
    /// Offers, each of which a person has to look at, and cancels of them.
    Offers,
    /// Files in them.
    OfferedFiles,
    /// Answers to our offers, repeated ones included.
    Answers,
    /// Wants, files done or failed, and every fourth range of a want.
    Requests,
    /// Frames without effect: unknown kinds, receipts and credit that say nothing new, words about
    /// transfers that are over.
    Idle,
    /// Chunks that nobody waits for any more.
    StaleChunks,
    /// Their bytes.
    StaleBytes,
    /// Connections that came as far as a hello.
    Hellos,
    /// Lanes that opened or ended.
    Lanes,
}

/// How much at once, and how much of it is forgotten each second.
#[derive(Debug, Clone, Copy)]
struct Quota {
    burst: u64,
    per_second: u64,
}

/// Number of kinds in [`Counted`].
const KINDS: usize = 16;

impl Counted {
    const fn quota(self) -> Quota {
        let (burst, per_second) = match self {
            // A receiver of 100,000 small files says two for each.
            Self::Frames => (200_000, 20_000),
            // Offers and wants of the longest lists, and a thousand of the longest messages.
            Self::FrameBytes => (128 << 20, 4 << 20),
            // One every 2 s, some when the network changes, and one every 3 s from who writes.
            Self::Probes => (500, 20),
            // A newcomer hears an author's last 1,000 at once.
            Self::Messages => (4_000, 20),
            // Twice as many, each of the longest. The rate is 225 MiB an hour.
            Self::MessageBytes => (32 << 20, 64 << 10),
            // Half of the above or less, as clocks and paths differ.
            Self::OwnMessages => (1_000, 10),
            Self::OwnMessageBytes => (16 << 20, 32 << 10),
            // A newcomer that takes all is made 1,024 offers as fast as they end.
            Self::Offers => (4 * 1024, 40),
            // Four times what 32 open offers hold, and as many as a fast disk takes. Ten thousand
            // files are forty offers.
            Self::OfferedFiles => (32 * 1024, 5_000),
            // One for each of our 1,024 offers, and again after each loss of a connection.
            Self::Answers => (4 * 1024, 40),
            // Two for each small file, at the speed of a fast disk.
            Self::Requests => (100_000, 10_000),
            // What was under way when transfers ended, and 8,192 failures told again after a loss
            // of the connection.
            Self::Idle => (20_000, 50),
            // What a full channel holds of the smallest files when they are cancelled.
            Self::StaleChunks => (30_000, 1_000),
            // A window for each of many cancels.
            Self::StaleBytes => (64 << 20, 4 << 20),
            // A path that breaks every two seconds.
            Self::Hellos => (60, 1),
            // Two words for each, and a lane that breaks every two seconds.
            Self::Lanes => (120, 2),
        };
        Quota { burst, per_second }
    }

    /// What a device that broke it did, for people.
    const fn broken(self) -> &'static str {
        match self {
            Self::Frames | Self::FrameBytes => "floods the room",
            Self::Probes => "sends a flood of pings and signs of life",
            Self::OwnMessages | Self::OwnMessageBytes => "is sent enough for now",
            Self::Messages => "sends more messages than anybody writes",
            Self::MessageBytes => "sends more text than anybody writes",
            Self::Offers => "offers more than anybody can answer",
            Self::OfferedFiles => "offers more files than anybody can look at",
            Self::Answers => "answers the same offers again and again",
            Self::Requests => "asks for more than there is",
            Self::Idle => "sends a flood of frames that mean nothing",
            Self::StaleChunks | Self::StaleBytes => "keeps sending files that nobody asked for",
            Self::Hellos => "connects again and again",
            Self::Lanes => "opens lanes again and again",
        }
    }
}

/// What came in lately, in thousandths.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    level: u64,
    at: Moment,
}

impl Bucket {
    fn leak(&mut self, quota: Quota, now: Moment) {
        let elapsed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let leaked = elapsed.saturating_mul(quota.per_second);
        self.level = self.level.saturating_sub(leaked);
        self.at = self.at.max(now);
    }

    /// What still fits.
    fn left(&mut self, quota: Quota, now: Moment) -> u64 {
        self.leak(quota, now);
        quota.burst.saturating_sub(self.level.div_ceil(1000))
    }

    /// Takes `amount` in whether it fits or not.
    fn fill(&mut self, quota: Quota, amount: u64, now: Moment) {
        self.leak(quota, now);
        self.level = self.level.saturating_add(amount.saturating_mul(1000));
    }

    /// Takes `amount` in if it fits.
    fn take(&mut self, quota: Quota, amount: u64, now: Moment) -> bool {
        self.leak(quota, now);
        let level = self.level.saturating_add(amount.saturating_mul(1000));
        let fits = level <= quota.burst.saturating_mul(1000);
        if fits {
            self.level = level;
        }
        fits
    }
}

#[derive(Debug, Default)]
struct Buckets([Bucket; KINDS]);

/// All buckets of a room, and who overflowed one.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    devices: BTreeMap<DeviceId, Buckets>,
    refused: VecDeque<(DeviceId, Moment)>,
    newcomers: Bucket,
}

impl Quotas {
    /// Counts what `device` did.
    pub(crate) fn count(
        &mut self,
        device: DeviceId,
        counted: Counted,
        amount: u64,
        now: Moment,
    ) -> Result<(), Violation> {
        if !self.devices.contains_key(&device) {
            self.make_room();
        }
        let Buckets(buckets) = self.devices.entry(device).or_default();
        let bucket = buckets.get_mut(counted as usize);
        let fits = bucket.is_none_or(|bucket| bucket.take(counted.quota(), amount, now));
        if fits {
            Ok(())
        } else {
            Err(Violation(counted.broken()))
        }
    }

    /// Whether `device` may be sent one more of our messages now, of any length.
    pub(crate) fn may_say(&mut self, device: DeviceId, now: Moment) -> bool {
        let Some(Buckets(buckets)) = self.devices.get_mut(&device) else {
            return true;
        };
        let amounts = [
            (Counted::OwnMessages, 1),
            (Counted::OwnMessageBytes, MESSAGE_TEXT_MAX_BYTES as u64),
        ];
        amounts.iter().all(|(counted, amount)| {
            let bucket = buckets.get_mut(*counted as usize);
            // Looked at in a copy: nothing is counted before it is sent.
            bucket.is_none_or(|bucket| bucket.clone().take(counted.quota(), *amount, now))
        })
    }

    /// How many messages of any length `device` may be sent now besides.
    pub(crate) fn may_pass_on(&mut self, device: DeviceId, now: Moment) -> u64 {
        let Some(Buckets(buckets)) = self.devices.get_mut(&device) else {
            return Counted::OwnMessages.quota().burst;
        };
        let mut left = |counted: Counted| {
            let bucket = buckets.get_mut(counted as usize);
            bucket.map_or(0, |bucket| bucket.left(counted.quota(), now))
        };
        let texts = left(Counted::OwnMessageBytes) / MESSAGE_TEXT_MAX_BYTES as u64;
        left(Counted::OwnMessages).min(texts)
    }

    /// Counts what leaves for `device`. What is over the burst counts against what follows.
    pub(crate) fn count_own(&mut self, device: DeviceId, len: usize, now: Moment) {
        if !self.devices.contains_key(&device) {
            self.make_room();
        }
        let Buckets(buckets) = self.devices.entry(device).or_default();
        let amounts = [
            (Counted::OwnMessages, 1),
            (Counted::OwnMessageBytes, len as u64),
        ];
        for (counted, amount) in amounts {
            if let Some(bucket) = buckets.get_mut(counted as usize) {
                bucket.fill(counted.quota(), amount, now);
            }
        }
    }

    fn make_room(&mut self) {
        if self.devices.len() < DEVICES_MAX {
            return;
        }
        let fullness = |Buckets(buckets): &Buckets| buckets.iter().map(|bucket| bucket.level).max();
        let emptiest = self.devices.iter().min_by_key(|(_, b)| fullness(b));
        if let Some(device) = emptiest.map(|(device, _)| *device) {
            self.devices.remove(&device);
        }
    }

    /// Whether one more peer that was never met may be connected to now.
    pub(crate) fn may_meet(&mut self, now: Moment) -> bool {
        self.newcomers.take(NEWCOMERS, 1, now)
    }

    /// `device` was cut off.
    pub(crate) fn refuse(&mut self, device: DeviceId, now: Moment) {
        self.refused.retain(|(known, _)| *known != device);
        if self.refused.len() == REFUSED_DEVICES_MAX {
            self.refused.pop_front();
        }
        self.refused.push_back((device, now + REFUSED_FOR));
    }

    /// Whether `device` was cut off a short while ago.
    pub(crate) fn is_refused(&self, device: DeviceId, now: Moment) -> bool {
        let mut refused = self.refused.iter();
        refused.any(|(known, until)| *known == device && now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVE: DeviceId = DeviceId([5; 16]);
    const ADA: DeviceId = DeviceId([1; 16]);

    fn after(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn device(n: usize) -> DeviceId {
        let mut id = [0xD0; 16];
        id[..8].copy_from_slice(&(n as u64).to_be_bytes());
        DeviceId(id)
    }

    #[test]
    fn a_burst_passes_and_what_is_beyond_it_does_not() {
        let (mut quotas, now) = (Quotas::default(), after(1));
        let burst = Counted::Probes.quota().burst;
        for _ in 0..burst {
            assert_eq!(quotas.count(EVE, Counted::Probes, 1, now), Ok(()));
        }
        let broken = Err(Violation("sends a flood of pings and signs of life"));
        assert_eq!(quotas.count(EVE, Counted::Probes, 1, now), broken);
        assert_eq!(quotas.count(ADA, Counted::Probes, 1, now), Ok(()));
        assert_eq!(quotas.count(EVE, Counted::Messages, 1, now), Ok(()));
    }

    #[test]
    fn time_gives_back_at_the_rate_and_never_more_than_the_burst() {
        let mut quotas = Quotas::default();
        let Quota { burst, per_second } = Counted::Offers.quota();
        let mut offers = |amount, at| {
            quotas
                .count(EVE, Counted::Offers, amount, after(at))
                .is_ok()
        };
        assert!(offers(burst, 10));
        assert!(offers(per_second, 11) && !offers(1, 11));
        assert!(offers(burst, 100_000) && !offers(1, 100_000));
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_gives_nothing_back() {
        let mut quotas = Quotas::default();
        let Quota { burst, .. } = Counted::Answers.quota();
        assert!(
            quotas
                .count(EVE, Counted::Answers, burst, after(50))
                .is_ok()
        );
        assert!(quotas.count(EVE, Counted::Answers, 1, after(10)).is_err());
        assert!(quotas.count(EVE, Counted::Answers, 1, after(50)).is_err());
    }

    #[test]
    fn an_amount_beyond_all_reason_is_refused_and_no_overflow() {
        let mut quotas = Quotas::default();
        let all = quotas.count(EVE, Counted::FrameBytes, u64::MAX, after(0));
        assert_eq!(all, Err(Violation("floods the room")));
    }

    #[test]
    fn many_devices_do_not_push_out_the_one_that_sent_most() {
        let (mut quotas, now) = (Quotas::default(), after(1));
        let Quota { burst, .. } = Counted::Answers.quota();
        assert!(quotas.count(EVE, Counted::Answers, burst, now).is_ok());
        for n in 0..2 * DEVICES_MAX {
            assert!(quotas.count(device(n), Counted::Answers, 1, now).is_ok());
        }
        assert_eq!(quotas.devices.len(), DEVICES_MAX);
        assert!(quotas.count(EVE, Counted::Answers, 1, now).is_err());
    }

    #[test]
    fn a_refused_device_is_let_in_again_after_a_while() {
        let mut quotas = Quotas::default();
        quotas.refuse(EVE, after(5));
        let over = after(5) + REFUSED_FOR;
        assert!(quotas.is_refused(EVE, after(6)) && !quotas.is_refused(ADA, after(6)));
        assert!(!quotas.is_refused(EVE, over));
    }

    #[test]
    fn the_list_of_refused_devices_is_bounded() {
        let (mut quotas, now) = (Quotas::default(), after(0));
        for n in 0..=REFUSED_DEVICES_MAX {
            quotas.refuse(device(n), now);
        }
        assert_eq!(quotas.refused.len(), REFUSED_DEVICES_MAX);
        let last = device(REFUSED_DEVICES_MAX);
        assert!(quotas.is_refused(last, now) && !quotas.is_refused(device(0), now));
    }

    #[test]
    fn a_full_room_is_met_at_once_and_a_stream_of_strangers_is_not() {
        let (mut quotas, now) = (Quotas::default(), after(0));
        assert!((0..ROOM_PEERS_MAX).all(|_| quotas.may_meet(now)));
        assert!(!(0..ROOM_PEERS_MAX).all(|_| quotas.may_meet(now)));
        assert!(quotas.may_meet(after(1)));
    }
}
