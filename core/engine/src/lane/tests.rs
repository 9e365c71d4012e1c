use super::*;

const fn at(millis: u64) -> Moment {
    Moment(Duration::from_millis(millis))
}

fn chunk(offset: u64, len: u64) -> SentChunk {
    SentChunk {
        transfer: 1,
        file: 0,
        offset,
        len,
    }
}

fn open_lane() -> Lane {
    let mut lane = Lane::shared(Role::Answerer, 0, at(0));
    let number = lane.begin(at(0));
    lane.on_open(number, at(10));
    lane
}

fn carry(lane: &mut Lane, chunks: u64, len: u64) {
    for n in 0..chunks {
        lane.carry(chunk(n * len, len));
        lane.on_sent(1);
    }
}

#[test]
fn the_answerer_opens_and_the_offerer_follows() {
    let mut answerer = Lane::shared(Role::Answerer, 0, at(0));
    let mut offerer = Lane::shared(Role::Offerer, 0, at(0));
    assert_eq!(answerer.due(at(0)), Some(Due::Lane));
    assert_eq!(offerer.due(at(0)), None);
    let number = answerer.begin(at(0));
    assert_eq!(offerer.on_ready(number, at(5)), Ok(true));
    for lane in [&mut answerer, &mut offerer] {
        lane.on_open(number, at(9));
        assert!(lane.is_open());
    }
}

#[test]
fn file_bytes_wait_for_the_first_lane_and_no_longer_than_a_second() {
    let mut lane = Lane::shared(Role::Offerer, 0, at(0));
    assert!(lane.is_awaited());
    assert_eq!(lane.deadline().map(|deadline| deadline.at), Some(at(1_000)));
    assert_eq!(lane.due(at(1_000)), None);
    assert!(!lane.is_awaited());
    assert_eq!(lane.deadline(), None);
}

#[test]
fn nothing_waits_for_a_lane_after_the_first() {
    let mut lane = open_lane();
    assert!(!lane.is_awaited());
    lane.end(at(20));
    assert!(!lane.is_awaited());
}

#[test]
fn lanes_out_of_turn_are_a_violation() {
    let mut offerer = Lane::shared(Role::Offerer, 0, at(0));
    assert_eq!(offerer.on_ready(1, at(0)), Ok(true));
    assert!(offerer.on_ready(2, at(0)).is_err(), "the first is there");
    let mut answerer = Lane::shared(Role::Answerer, 0, at(0));
    assert!(answerer.on_ready(1, at(0)).is_err(), "it is not theirs");
    assert_eq!(Lane::default().on_ready(1, at(0)), Ok(false));
}

#[test]
fn what_did_not_arrive_is_given_back_in_its_order() {
    let mut lane = open_lane();
    carry(&mut lane, 4, 100);
    assert_eq!(lane.end(at(50)), Some(Vec::new()));
    let lost = lane.on_over(2, at(60));
    assert_eq!(lost, Ok(vec![chunk(200, 100), chunk(300, 100)]));
}

#[test]
fn what_the_transport_never_took_leaves_the_pipe() {
    let mut lane = open_lane();
    carry(&mut lane, 1, 100);
    lane.carry(chunk(100, 70));
    lane.carry(chunk(170, 30));
    assert_eq!(lane.end(at(50)), Some(vec![70, 30]));
    assert!(!lane.on_sent(1), "its report comes too late");
    assert_eq!(lane.end(at(50)), None, "it ends once");
}

#[test]
fn a_count_of_what_was_never_sent_is_a_violation() {
    let mut lane = open_lane();
    carry(&mut lane, 4, 100);
    lane.end(at(50));
    assert!(lane.on_over(5, at(60)).is_err());
}

#[test]
fn chunks_beyond_the_peers_window_need_not_be_remembered() {
    let mut lane = open_lane();
    let len = u64::from(WINDOW_MAX_BYTES) / 4;
    carry(&mut lane, 40, len);
    lane.end(at(50));
    let lost = lane.on_over(37, at(60)).expect("an honest count");
    assert_eq!(lost.len(), 3);
    let mut lane = open_lane();
    carry(&mut lane, 40, len);
    lane.end(at(50));
    assert!(
        lane.on_over(30, at(60)).is_err(),
        "more than fits the window"
    );
}

#[test]
fn a_file_may_be_whole_without_the_chunks_on_a_lane_that_broke() {
    let mut lane = open_lane();
    carry(&mut lane, 2, 100);
    lane.end(at(50));
    // Its receiver asked for them again, and they took the other way.
    lane.on_file_done(1, 0);
    assert_eq!(lane.on_over(0, at(60)), Ok(Vec::new()));
}

#[test]
fn more_small_chunks_than_are_remembered_take_the_other_way() {
    let mut lane = open_lane();
    let carried = (0..10_000).filter(|n| lane.carry(chunk(*n, 1)).is_some());
    assert_eq!(carried.count(), KEPT_MAX);
    (0..KEPT_MAX).for_each(|_| assert!(lane.on_sent(1)));
    lane.on_file_done(1, 0);
    assert!(lane.carry(chunk(0, 1)).is_some());
}

#[test]
fn frames_count_while_the_lane_is_there() {
    let mut lane = open_lane();
    assert!(lane.on_frame(1));
    assert!(!lane.on_frame(2));
    lane.end(at(50));
    assert!(!lane.on_frame(1), "the peer sends it again");
    assert_eq!(lane.received(), 1);
}

#[test]
fn a_lane_that_fails_is_tried_more_and_more_rarely() {
    let mut lane = Lane::shared(Role::Answerer, 0, at(0));
    let mut now = Moment::default();
    let mut waits = Vec::new();
    for _ in 0..10 {
        lane.begin(now);
        assert_eq!(lane.due(now + OPEN_TIMEOUT), Some(Due::LaneTimeout));
        lane.end(now);
        lane.on_over(0, now).expect("an honest count");
        let next = lane.deadline().expect("another try").at;
        waits.push(next.since(now));
        now = next;
    }
    assert!(waits.is_sorted() && waits[9] == RETRY_MAX, "{waits:?}");
}

#[test]
fn after_a_good_lane_the_next_comes_soon() {
    let mut lane = open_lane();
    lane.end(at(20_000));
    lane.on_over(0, at(20_100)).expect("an honest count");
    assert_eq!(lane.deadline().map(|due| due.at), Some(at(20_600)));
}
