//! Two people in one room, whose events are taken together so that neither waits for the other.

use core::time::Duration;
use std::collections::VecDeque;
use std::path::Path;

use parlor_core::options::RoomOptions;
use parlor_core::room::input::IncomingKey;
use parlor_core::room::{Room, RoomEvent, RoomEvents};

use crate::exit::{Code, Failure};

/// The longest wait for any one step: the slowest, 32 MiB, takes seconds on old hardware.
const STEP_MAX: Duration = Duration::from_secs(60);

/// What leaving may take.
const LEAVE_MAX: Duration = Duration::from_secs(3);

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Ada,
    Bob,
}

impl Who {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Ada => Self::Bob,
            Self::Bob => Self::Ada,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ada => "Ada",
            Self::Bob => "Bob",
        }
    }
}

struct Person {
    room: Room,
    events: RoomEvents,
    /// Taken while the other was waited for.
    seen: VecDeque<RoomEvent>,
}

impl Person {
    fn enter(options: RoomOptions) -> Result<Self, Failure> {
        let (room, events) = Room::start(options)?;
        Ok(Self {
            room,
            events,
            seen: VecDeque::new(),
        })
    }
}

/// The two of them; Bob comes later.
pub(super) struct Pair {
    ada: Person,
    bob: Option<Person>,
}

impl Pair {
    pub(super) fn open(ada: RoomOptions) -> Result<Self, Failure> {
        let ada = Person::enter(ada)?;
        Ok(Self { ada, bob: None })
    }

    pub(super) fn join(&mut self, bob: RoomOptions) -> Result<(), Failure> {
        self.bob = Some(Person::enter(bob)?);
        Ok(())
    }

    /// The first event of `who` that `pick` takes; those before it are thrown away.
    pub(super) async fn wait<T>(
        &mut self,
        who: Who,
        what: &str,
        mut pick: impl FnMut(&RoomEvent) -> Option<T>,
    ) -> Result<T, Failure> {
        let picking = async {
            loop {
                while let Some(event) = self.person(who)?.seen.pop_front() {
                    if let Some(picked) = pick(&event) {
                        return Ok(picked);
                    }
                }
                self.take_one().await?;
            }
        };
        let timed = tokio::time::timeout(STEP_MAX, picking).await;
        timed.map_err(|_| {
            let (name, seconds) = (who.name(), STEP_MAX.as_secs());
            Failure::new(
                Code::ConnectionLost,
                format!(
                    "{name} waited {seconds} s {what}; check that no firewall blocks this \
                     machine from itself, and run again with -vv."
                ),
            )
        })?
    }

    async fn take_one(&mut self) -> Result<(), Failure> {
        let bob_next = async {
            match &mut self.bob {
                Some(bob) => bob.events.next().await,
                None => std::future::pending().await,
            }
        };
        let (who, event) = tokio::select! {
            event = self.ada.events.next() => (Who::Ada, event),
            event = bob_next => (Who::Bob, event),
        };
        let event = event.ok_or_else(Failure::room_closed)?;
        self.person(who)?.seen.push_back(event);
        Ok(())
    }

    fn person(&mut self, who: Who) -> Result<&mut Person, Failure> {
        match who {
            Who::Ada => Ok(&mut self.ada),
            Who::Bob => self.bob.as_mut().ok_or_else(Failure::room_closed),
        }
    }

    pub(super) async fn say(&mut self, who: Who, text: &str) -> Result<(), Failure> {
        let said = self.person(who)?.room.say(text).await;
        said.map_err(|_| Failure::room_closed())
    }

    pub(super) async fn share(&mut self, who: Who, file: &Path) -> Result<(), Failure> {
        let shared = self.person(who)?.room.share(vec![file.to_owned()]).await;
        shared.map(drop).map_err(|_| Failure::room_closed())
    }

    /// Takes the one file of an offer.
    pub(super) async fn accept(&mut self, who: Who, key: IncomingKey) -> Result<(), Failure> {
        let answered = self.person(who)?.room.answer(key, vec![0], None).await;
        answered.map_err(|_| Failure::room_closed())
    }

    /// Both leave, and their last words get out.
    pub(super) async fn leave(self) {
        for mut person in self.bob.into_iter().chain([self.ada]) {
            let leaving = async {
                if person.room.leave().await.is_ok() {
                    while person.events.next().await.is_some() {}
                }
            };
            if tokio::time::timeout(LEAVE_MAX, leaving).await.is_err() {
                tracing::warn!("left without waiting any longer for the goodbye");
            }
        }
    }
}
