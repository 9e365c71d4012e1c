//! The driver of every node: hands inputs to sessions and carries their outputs out.

use core::time::Duration;

use parlor_engine::input::Input;
use parlor_engine::output::Output;
use parlor_engine::time::Deadline;

use crate::clock::Event;
use crate::node::NodeIx;
use crate::trace::brief;
use crate::world::World;

/// Outputs that one input may cause: a hello is answered with an offer for each of 1024 transfers,
/// and the first credit lets a window of chunks go.
const OUTPUTS_MAX: usize = 2048;

/// Deadlines in a row that may come without time passing.
const IDLE_WAKES_MAX: u32 = 20;

impl World {
    /// Gives a session one input and does all it asks for.
    pub(crate) fn input(&mut self, node: NodeIx, input: Input) {
        if !self.nodes[node].is_alive {
            return;
        }
        let now = self.clock.now();
        self.trace.line(now, &format!("> {node}"), || brief(&input));
        let was_over = self.nodes[node].session.has_ended();
        self.nodes[node].session.handle_input(input, now);
        for count in 0.. {
            assert!(
                count < OUTPUTS_MAX,
                "node {node} gave {count} outputs for one input"
            );
            let output = self.nodes[node].session.poll_output();
            if let Output::Wait(deadline) = output {
                self.plan_wake(node, deadline);
                break;
            }
            assert!(!was_over, "node {node} did something after it left");
            self.trace
                .line(now, &format!("{node} >"), || brief(&output));
            self.act(node, output);
        }
        if self.nodes[node].session.has_ended() && !was_over {
            self.on_ended(node);
        }
    }

    fn act(&mut self, node: NodeIx, output: Output) {
        match output {
            Output::Dial => self.dial(node),
            Output::HangUp => self.hang_up(node),
            Output::SendSignal(message) => self.send_signal(node, message),
            Output::OpenLink {
                peer,
                attempt,
                role,
                ice_servers: _,
            } => self.open_link(node, peer, attempt, role),
            Output::Link {
                peer,
                attempt,
                action,
            } => {
                let end = self.nodes[node].links.get(&(peer, attempt)).copied();
                let end = end.unwrap_or_else(|| {
                    panic!("node {node} used a link that is not open: {action:?}")
                });
                if let Some(action) = self.made_hostile(node, action) {
                    self.link_action(end, action);
                }
            }
            Output::Disk(request) => self.ask_disk(node, request),
            Output::Notice(notice) => self.on_notice(node, notice),
            Output::Wait(_) => {}
        }
    }

    fn plan_wake(&mut self, node: NodeIx, deadline: Option<Deadline>) {
        let now = self.clock.now();
        let state = &mut self.nodes[node];
        state.wake_turn += 1;
        let Some(Deadline { at, why }) = deadline else {
            return;
        };
        assert!(
            !state.session.has_ended(),
            "node {node} left and still waits for \"{why}\""
        );
        if at <= now {
            state.idle_wakes += 1;
        } else {
            state.idle_wakes = 0;
        }
        assert!(
            state.idle_wakes < IDLE_WAKES_MAX,
            "node {node} is never done with \"{why}\""
        );
        let turn = state.wake_turn;
        self.clock.at(at, Event::Wake { node, turn });
    }

    /// The session is over: nothing of it may be left.
    fn on_ended(&mut self, node: NodeIx) {
        let state = &self.nodes[node];
        let open: Vec<_> = state.links.keys().collect();
        assert!(
            open.is_empty(),
            "node {node} left and forgot to close {open:?}"
        );
        assert!(
            state.socket.is_none(),
            "node {node} left and did not hang up"
        );
    }

    /// Takes the next event. `false` when none is due within the time.
    pub(crate) fn step(&mut self, limit: parlor_engine::time::Moment) -> bool {
        let Some(event) = self.clock.next_until(limit) else {
            return false;
        };
        match event {
            Event::Wake { node, turn } => {
                if self.nodes[node].wake_turn == turn {
                    self.input(node, Input::Time);
                }
            }
            Event::HubTick => self.on_hub_tick(),
            Event::DialEnds { conn } => self.on_dial_ends(conn),
            Event::ToHub { conn, message } => self.on_to_hub(conn, message),
            Event::ToClient { conn, message, lie } => self.on_to_client(conn, message, lie),
            Event::ClientSeesClose { conn } => self.on_client_sees_close(conn),
            Event::HubSeesClose { conn } => self.on_hub_sees_close(conn),
            Event::Person { node, command } => self.input(node, Input::Command(command)),
            Event::Disk { node, request } => self.on_disk(node, request),
            other => self.link_step(other),
        }
        true
    }

    fn link_step(&mut self, event: Event) {
        use parlor_engine::input::LinkInput;
        match event {
            Event::Described { end } => self.on_described(end),
            Event::Gathered { end, candidate } => {
                self.link_input(end, LinkInput::LocalCandidate(candidate));
            }
            Event::Handshake { offerer, answerer } => self.on_handshake(offerer, answerer),
            Event::Opened { end } => self.on_opened(end),
            Event::ControlDue { from } => self.on_control_due(from),
            Event::BulkLeft { from } => self.on_bulk_left(from),
            Event::BulkTaken { from, data_len } => {
                self.link_input(from, LinkInput::BulkSent { data_len });
            }
            Event::BulkDue {
                from_node,
                to,
                frame,
            } => self.on_bulk_due(from_node, to, frame),
            Event::LiveDue { to, frame } => self.link_input(to, LinkInput::Live(frame)),
            Event::Lane { end, lane, event } => self.on_lane_event(end, lane, event),
            Event::LinkEnds { end, reason } => self.on_link_ends(end, reason),
            Event::IceGivesUp { end, cut } => self.on_ice_gives_up(end, cut),
            Event::Wake { .. }
            | Event::HubTick
            | Event::DialEnds { .. }
            | Event::ToHub { .. }
            | Event::ToClient { .. }
            | Event::ClientSeesClose { .. }
            | Event::HubSeesClose { .. }
            | Event::Person { .. }
            | Event::Disk { .. } => unreachable!("step() takes these"),
        }
    }

    /// Lets time pass.
    pub fn run_for(&mut self, time: Duration) {
        let limit = self.clock.now() + time;
        while self.step(limit) {}
    }
}
