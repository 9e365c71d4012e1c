//! A carrier that drops, doubles, reorders, changes, turns round and moves messages between
//! conversations, as a random script says.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A member seals a frame, if they can by now, and hands it to the carrier.
    Say { member: usize },
    /// The carrier brings one of all messages it ever saw to a member.
    Bring { message: usize, member: usize },
    /// The same, in an envelope that fits the member.
    Readdress { message: usize, member: usize },
    /// The same, changed.
    Change {
        message: usize,
        member: usize,
        at: usize,
        mask: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Numbers are taken modulo what there is.
    let (message, member) = (0..1000usize, 0..MEMBERS);
    let step = prop_oneof![
        3 => member.clone().prop_map(|member| Step::Say { member }),
        6 => (message.clone(), member.clone())
            .prop_map(|(message, member)| Step::Bring { message, member }),
        2 => (message.clone(), member.clone())
            .prop_map(|(message, member)| Step::Readdress { message, member }),
        2 => (message, member, 0..200usize, 1u8..)
            .prop_map(|(message, member, at, mask)| Step::Change { message, member, at, mask }),
    ];
    prop::collection::vec(step, 0..160)
}

const MEMBERS: usize = 6;

/// The room of the carrier: two conversations of the same two, and one of two others.
struct World {
    members: Vec<Conversation>,
    /// Everything that ever passed the carrier.
    seen: Vec<Relayed>,
    /// Frames by who sealed them, as numbered texts.
    said: BTreeSet<(usize, Vec<u8>)>,
    /// Frames by who was shown them.
    heard: BTreeSet<(usize, Vec<u8>)>,
}

impl World {
    fn new() -> Self {
        let mut members = vec![
            side_of(ADA, BEN, 77, 1),
            side_of(BEN, ADA, 77, 2),
            side_of(ADA, BEN, 78, 3),
            side_of(BEN, ADA, 78, 4),
            side_of(ADA, 1, 77, 5),
            side_of(1, ADA, 77, 6),
        ];
        let seen = members.iter_mut().filter_map(Conversation::start).collect();
        Self {
            members,
            seen,
            said: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    /// Both ends of a conversation stand next to each other.
    const fn other(member: usize) -> usize {
        member ^ 1
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Say { member } => {
                let text = format!("{} from {member}", self.said.len()).into_bytes();
                if let Ok(sealed) = self.members[member].seal(Flow::Control, &text) {
                    self.seen.push(sealed);
                    self.said.insert((member, text));
                }
            }
            Step::Bring { message, member } => {
                let message = self.pick(message);
                self.bring(&message, member);
            }
            Step::Readdress { message, member } => {
                let to = self.members[member].parties;
                let message = readdressed(&self.pick(message), &to);
                self.bring(&message, member);
            }
            Step::Change {
                message,
                member,
                at,
                mask,
            } => {
                let mut bytes = self.pick(message).encode().to_vec();
                let at = at % bytes.len();
                bytes[at] ^= mask;
                if let Ok(changed) = Relayed::decode(bytes.into()) {
                    self.bring(&changed, member);
                }
            }
        }
    }

    fn pick(&self, message: usize) -> Relayed {
        self.seen[message % self.seen.len()].clone()
    }

    fn bring(&mut self, message: &Relayed, member: usize) {
        match self.members[member].receive(message) {
            Ok(Received::Replies(replies)) => self.seen.extend(replies),
            Ok(Received::Introduced(device)) => {
                let other = &self.members[Self::other(member)].parties;
                let [expected, ..] = other.me.0;
                assert_eq!(device, *super::device(expected).public());
            }
            Ok(Received::Frame { frame, .. }) => {
                let frame = frame.to_vec();
                let was_said = self.said.contains(&(Self::other(member), frame.clone()));
                assert!(was_said, "shown what nobody said");
                assert!(self.heard.insert((member, frame)), "shown twice");
            }
            Err(_) => {}
        }
    }
}

proptest! {
    #[test]
    fn only_authentic_frames_come_out_and_each_at_most_once(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.run(step);
        }
    }

    #[test]
    fn after_the_handshake_no_order_and_no_repetition_matters(steps in steps()) {
        let mut world = World::new();
        for pair in world.members.chunks_mut(2) {
            let [offerer, answerer] = pair else { panic!("pairs") };
            *offerer = Conversation::new(
                offerer.parties, &device(ADA), &PSK, None, [7; 32],
            ).unwrap();
            meet(offerer, answerer).unwrap();
        }
        for step in steps {
            world.run(step);
        }
        // Whatever was not brought yet still can be, in any order.
        for message in world.seen.clone().iter().rev() {
            for member in 0..MEMBERS {
                world.bring(message, member);
            }
        }
        let heard = world.heard.iter();
        let heard: BTreeSet<_> = heard
            .map(|(member, frame)| (World::other(*member), frame.clone()))
            .collect();
        prop_assert_eq!(heard, world.said);
    }
}
