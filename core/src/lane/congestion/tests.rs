//! The model on simulated links: packets, a queue, losses and other flows, all in virtual time.

use std::collections::BTreeMap;

use parlor_emulator::pipe::Pipe;
use parlor_emulator::{Loss, Shape};

use super::*;

const PACKET: u64 = 1_400;

/// Gap in packet numbers after which a missing packet counts as lost (RFC 9002, section 6.1.1).
const REORDERING: u64 = 3;

/// Silence after which everything under way counts as lost.
const TIMEOUT: Duration = Duration::from_millis(250);

/// Who decides what a flow sends.
enum Control {
    Ours(Box<Model>),
    /// NewReno (RFC 6582): what most of TCP once was, and the one that gives way soonest.
    Tcp(Tcp),
}

#[derive(Default)]
struct Tcp {
    window: f64,
    threshold: Option<f64>,
    /// Losses of packets before this one belong to a cut that was made.
    recovers_to: u64,
}

impl Tcp {
    fn acked(&mut self) {
        let is_slow_start = self
            .threshold
            .is_none_or(|threshold| self.window < threshold);
        self.window += if is_slow_start {
            1.0
        } else {
            1.0 / self.window
        };
    }

    fn lost(&mut self, number: u64, next: u64) {
        if number >= self.recovers_to {
            self.window = (self.window / 2.0).max(2.0);
            self.threshold = Some(self.window);
            self.recovers_to = next;
        }
    }
}

struct Flow {
    control: Control,
    begins_at: Duration,
    next: u64,
    under_way: BTreeMap<u64, Instant>,
    free_at: Duration,
    heard_at: Duration,
    arrived: u64,
}

impl Flow {
    fn new(start: Instant, seed: u64) -> Self {
        Self::with(
            Control::Ours(Box::new(Model::new(start, 1_400, seed))),
            Duration::ZERO,
        )
    }

    fn tcp(begins_at: Duration) -> Self {
        let tcp = Tcp {
            window: 10.0,
            ..Tcp::default()
        };
        Self::with(Control::Tcp(tcp), begins_at)
    }

    fn with(control: Control, begins_at: Duration) -> Self {
        Self {
            control,
            begins_at,
            next: 0,
            under_way: BTreeMap::new(),
            free_at: begins_at,
            heard_at: begins_at,
            arrived: 0,
        }
    }

    fn model(&mut self) -> &mut Model {
        match &mut self.control {
            Control::Ours(model) => model,
            Control::Tcp(_) => panic!("TCP has no model"),
        }
    }

    fn in_flight(&self) -> u64 {
        self.under_way.len() as u64 * PACKET
    }

    fn may_send(&self) -> bool {
        let window = match &self.control {
            Control::Ours(model) => model.window(),
            Control::Tcp(tcp) => whole(tcp.window) * PACKET,
        };
        self.in_flight() + PACKET <= window
    }

    /// Takes the next packet's number, at that time.
    fn send(&mut self, start: Instant, now: Duration) -> u64 {
        let number = self.next;
        self.next += 1;
        if self.under_way.is_empty() {
            self.heard_at = now;
        }
        self.under_way.insert(number, start + now);
        if let Control::Ours(model) = &mut self.control {
            model.sent(start + now);
            if let Some(pace) = model.pace() {
                let gap = Duration::from_nanos(PACKET * 1_000_000_000 / pace);
                // A timer that is late makes up for it.
                let earliest = now.saturating_sub(Duration::from_millis(2));
                self.free_at = self.free_at.max(earliest) + gap;
            }
        }
        number
    }

    fn lose(&mut self, number: u64) {
        self.under_way.remove(&number);
        match &mut self.control {
            Control::Ours(model) => model.lost(PACKET),
            Control::Tcp(tcp) => tcp.lost(number, self.next),
        }
    }

    fn acknowledged(&mut self, number: u64, start: Instant, now: Duration) {
        self.heard_at = now;
        let Some(sent_at) = self.under_way.remove(&number) else {
            return;
        };
        self.arrived += PACKET;
        match &mut self.control {
            Control::Ours(model) => model.acked(start + now, sent_at, PACKET),
            Control::Tcp(tcp) => tcp.acked(),
        }
        let gone = self.under_way.range(..number.saturating_sub(REORDERING));
        let gone: Vec<u64> = gone.map(|(number, _)| *number).collect();
        gone.into_iter().for_each(|number| self.lose(number));
        let in_flight = self.in_flight();
        if let Control::Ours(model) = &mut self.control {
            model.settle(start + now, in_flight, false);
        }
    }

    /// Gives up what nothing was heard of for long.
    fn time_out(&mut self, now: Duration) {
        if !self.under_way.is_empty() && now > self.heard_at + TIMEOUT {
            self.heard_at = now;
            let gone: Vec<u64> = self.under_way.keys().copied().collect();
            gone.into_iter().for_each(|number| self.lose(number));
        }
    }
}

/// Runs the flows over one link; gives the bytes of each that arrived after `settling` seconds, and
/// the mean time on the way.
fn run(flows: &mut [Flow], shape: Shape, settling: u64, seconds: u64) -> (Vec<u64>, f64) {
    let start = flows[0].model().delivered_at;
    let mut link = Pipe::new(shape, 5);
    let mut back: Vec<(Duration, usize, u64)> = Vec::new();
    let mut now = Duration::ZERO;
    let (mut waited, mut packets) = (0.0, 0.0);
    let mut early = vec![0; flows.len()];
    while now < Duration::from_secs(seconds) {
        for (index, flow) in flows.iter_mut().enumerate() {
            flow.time_out(now);
            while now >= flow.begins_at && flow.free_at <= now && flow.may_send() {
                let mut packet = vec![0; usize::try_from(PACKET).expect("short")];
                packet[..8].copy_from_slice(&flow.send(start, now).to_be_bytes());
                packet[8] = u8::try_from(index).expect("few flows");
                link.enter(&packet, now);
            }
        }
        while let Some(packet) = link.leave(now) {
            let number = u64::from_be_bytes(packet[..8].try_into().expect("a number"));
            let index = usize::from(packet[8]);
            let sent_at = flows[index].under_way.get(&number);
            if let Some(sent_at) = sent_at {
                waited += (start + now).duration_since(*sent_at).as_secs_f64();
                packets += 1.0;
            }
            back.push((now + shape.delay, index, number));
        }
        back.sort_unstable();
        let due = back.partition_point(|(at, ..)| *at <= now);
        for (_, index, number) in back.drain(..due) {
            flows[index].acknowledged(number, start, now);
        }
        if now < Duration::from_secs(settling) {
            early = flows.iter().map(|flow| flow.arrived).collect();
        }
        now += Duration::from_micros(100);
    }
    let late = flows.iter().zip(early);
    let arrived = late.map(|(flow, early)| flow.arrived - early).collect();
    (arrived, waited / packets)
}

fn link(loss_percent: u32) -> Shape {
    let per_million = loss_percent * 10_000;
    let loss = if loss_percent == 0 {
        Loss::None
    } else {
        Loss::Random { per_million }
    };
    Shape::link(100, Duration::from_millis(20), loss)
}

/// The part of the line that one flow uses.
fn use_of(shape: Shape, seconds: u64) -> (f64, f64) {
    let start = Instant::now();
    let (arrived, delay) = run(&mut [Flow::new(start, 1)], shape, 1, seconds);
    let line = 12_500_000.0 * float(seconds - 1);
    (float(arrived[0]) / line, delay)
}

#[test]
fn losses_by_chance_do_not_slow_it_down() {
    for (loss, least) in [(0, 0.93), (1, 0.90), (3, 0.85)] {
        let (used, _) = use_of(link(loss), 12);
        assert!(used > least, "{used:.3} of the line at {loss} %");
    }
}

#[test]
fn short_and_long_ways_are_filled_alike() {
    for rtt in [5, 100] {
        let shape = Shape::link(100, Duration::from_millis(rtt), Loss::None);
        let (used, _) = use_of(shape, 12);
        assert!(used > 0.9, "{used:.3} of the line at {rtt} ms");
    }
}

#[test]
fn it_leaves_a_deep_queue_nearly_empty() {
    let deep = Shape {
        queue_bytes: 2_000_000,
        ..link(0)
    };
    let (used, delay) = use_of(deep, 12);
    assert!(used > 0.9, "{used:.3} of the line");
    assert!(
        delay < 0.020,
        "{delay:.4} s one way, of which 10 ms are the line"
    );
}

#[test]
fn a_shallow_queue_is_no_obstacle() {
    let shallow = Shape {
        queue_bytes: 40_000,
        ..link(0)
    };
    let (used, _) = use_of(shallow, 12);
    assert!(used > 0.8, "{used:.3} of the line");
}

#[test]
fn flows_share_a_line_fairly() {
    let start = Instant::now();
    let mut flows = [1, 2, 3].map(|seed| Flow::new(start, seed));
    let (arrived, _) = run(&mut flows, link(0), 1, 20);
    let all: u64 = arrived.iter().sum();
    for one in &arrived {
        assert!(one * 3 > all / 2, "{arrived:?}");
    }
}

/// The smallest share of two of ours and a stream of TCP that begins later, as a part of a third.
fn smallest_share(queue_products: f64) -> f64 {
    let start = Instant::now();
    let mut younger = Flow::new(start, 2);
    younger.begins_at = Duration::from_millis(500);
    let mut flows = [
        Flow::new(start, 1),
        younger,
        Flow::tcp(Duration::from_secs(1)),
    ];
    let line = link(0);
    let shape = Shape {
        queue_bytes: usize::try_from(scaled(250_000, queue_products)).expect("short"),
        ..line
    };
    let (arrived, _) = run(&mut flows, shape, 6, 24);
    let all: u64 = arrived.iter().sum();
    let smallest = arrived.into_iter().min().unwrap_or_default();
    float(smallest) / (float(all) / 3.0)
}

#[test]
fn tcp_and_both_transfers_have_their_part_whatever_the_queue() {
    for queue in [0.5, 1.0, 4.0] {
        let share = smallest_share(queue);
        assert!(share > 0.25, "{share:.2} of fair with {queue} products");
    }
}

#[test]
fn a_line_that_becomes_slower_is_followed() {
    let start = Instant::now();
    let mut flow = [Flow::new(start, 1)];
    run(&mut flow, link(0), 1, 4);
    let fast = flow[0].model().rate();
    let mut slow = [Flow::new(start, 1)];
    slow[0].model().rates.push_back((0, fast));
    let shape = Shape::link(10, Duration::from_millis(20), Loss::None);
    run(&mut slow, shape, 1, 8);
    let rate = slow[0].model().rate();
    assert!(rate < 1_600_000.0, "{rate} bytes a second on 10 Mbit/s");
}
