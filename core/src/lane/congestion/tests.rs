//! The model on simulated links: packets, a queue, losses and other flows, all in virtual time.

use std::collections::BTreeMap;

use parlor_emulator::pipe::Pipe;
use parlor_emulator::{Loss, Shape};

use super::*;

const PACKET: u64 = 1_400;

/// Gap in packet numbers after which a missing packet counts as lost (RFC 9002, section 6.1.1).
const REORDERING: u64 = 3;

struct Flow {
    model: Model,
    next: u64,
    under_way: BTreeMap<u64, Instant>,
    free_at: Duration,
    arrived: u64,
}

impl Flow {
    fn new(start: Instant, seed: u64) -> Self {
        Self {
            model: Model::new(start, 1_400, seed),
            next: 0,
            under_way: BTreeMap::new(),
            free_at: Duration::ZERO,
            arrived: 0,
        }
    }

    fn in_flight(&self) -> u64 {
        self.under_way.len() as u64 * PACKET
    }

    fn may_send(&self) -> bool {
        self.in_flight() + PACKET <= self.model.window()
    }

    fn acknowledged(&mut self, number: u64, now: Instant) {
        let Some(sent_at) = self.under_way.remove(&number) else {
            return;
        };
        self.arrived += PACKET;
        self.model.acked(now, sent_at, PACKET);
        let gone: Vec<u64> = self
            .under_way
            .range(..number.saturating_sub(REORDERING))
            .map(|(number, _)| *number)
            .collect();
        for number in gone {
            self.under_way.remove(&number);
            self.model.lost(PACKET);
        }
        let in_flight = self.in_flight();
        self.model.settle(now, in_flight, false);
    }
}

/// Runs the flows over one link; gives the bytes of each that arrived after the first second.
fn run(flows: &mut [Flow], shape: Shape, seconds: u64) -> (Vec<u64>, f64) {
    let start = flows[0].model.delivered_at;
    let mut link = Pipe::new(shape, 5);
    let mut back: Vec<(Duration, usize, u64)> = Vec::new();
    let mut now = Duration::ZERO;
    let (mut waited, mut packets) = (0.0, 0.0);
    let mut early = vec![0; flows.len()];
    while now < Duration::from_secs(seconds) {
        for (index, flow) in flows.iter_mut().enumerate() {
            while flow.free_at <= now && flow.may_send() {
                let at = start + now;
                flow.model.sent(at);
                flow.under_way.insert(flow.next, at);
                let mut packet = vec![0; usize::try_from(PACKET).expect("short")];
                packet[..8].copy_from_slice(&flow.next.to_be_bytes());
                packet[8] = u8::try_from(index).expect("few flows");
                link.enter(&packet, now);
                flow.next += 1;
                if let Some(pace) = flow.model.pace() {
                    let gap = Duration::from_nanos(PACKET * 1_000_000_000 / pace);
                    // A timer that is late makes up for it.
                    flow.free_at = flow
                        .free_at
                        .max(now.saturating_sub(Duration::from_millis(2)));
                    flow.free_at += gap;
                }
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
            flows[index].acknowledged(number, start + now);
        }
        if now < Duration::from_secs(1) {
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
    let (arrived, delay) = run(&mut [Flow::new(start, 1)], shape, seconds);
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
    let (arrived, _) = run(&mut flows, link(0), 20);
    let all: u64 = arrived.iter().sum();
    for one in &arrived {
        assert!(one * 3 > all / 2, "{arrived:?}");
    }
}

#[test]
fn a_line_that_becomes_slower_is_followed() {
    let start = Instant::now();
    let mut flow = [Flow::new(start, 1)];
    run(&mut flow, link(0), 4);
    let fast = flow[0].model.rate();
    let mut slow = [Flow::new(start, 1)];
    slow[0].model.rates.push_back((0, fast));
    let shape = Shape::link(10, Duration::from_millis(20), Loss::None);
    run(&mut slow, shape, 8);
    let rate = slow[0].model.rate();
    assert!(rate < 1_600_000.0, "{rate} bytes a second on 10 Mbit/s");
}
