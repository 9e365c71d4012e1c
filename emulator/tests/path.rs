//! Real packets over an emulated path.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use parlor_emulator::packet::is_quic;
use parlor_emulator::{Loss, Path, Shape, Side};

const PATIENCE: Duration = Duration::from_secs(20);

/// The path, unless this machine does not permit one: that is said.
fn path(shape: Shape) -> Option<Path> {
    Path::lay(shape, shape, 1)
        .map_err(|no| eprintln!("{no}"))
        .ok()
}

fn at<T: Send + 'static>(path: &Path, side: Side, work: impl FnOnce() -> T + Send + 'static) -> T {
    path.run_to_end(side, work).expect("a thread inside")
}

fn socket(path: &Path, side: Side) -> UdpSocket {
    let address = path.address(side);
    at(path, side, move || {
        let socket = UdpSocket::bind((address, 5000)).expect("a socket");
        let briefly = Duration::from_millis(300);
        socket.set_read_timeout(Some(briefly)).expect("a timeout");
        socket
    })
}

/// Whether a datagram arrives at B, tried a few times as one may come before the device is ready.
fn arrives(a: &UdpSocket, b: &UdpSocket, to: &Path, datagram: &[u8]) -> bool {
    let mut buffer = [0; 2000];
    (0..5).any(|_| {
        a.send_to(datagram, (to.address(Side::B), 5000)).ok();
        b.recv(&mut buffer)
            .is_ok_and(|len| &buffer[..len] == datagram)
    })
}

#[test]
fn datagrams_pass_until_the_path_is_cut_and_again_when_it_is_mended() {
    let Some(path) = path(Shape::FREE) else {
        return;
    };
    let (a, b) = (socket(&path, Side::A), socket(&path, Side::B));
    assert!(arrives(&a, &b, &path, b"before"));
    path.cut();
    assert!(!arrives(&a, &b, &path, b"during"));
    path.mend();
    assert!(arrives(&a, &b, &path, b"after"));
}

#[test]
fn a_filter_stops_what_it_names_and_nothing_else() {
    let Some(path) = path(Shape::FREE) else {
        return;
    };
    let (a, b) = (socket(&path, Side::A), socket(&path, Side::B));
    path.block(Some(Box::new(is_quic)));
    assert!(!arrives(&a, &b, &path, &[0x43, 1]));
    assert!(arrives(&a, &b, &path, &[22, 1]));
}

#[test]
fn a_full_queue_drops() {
    let narrow = Shape {
        rate_bits_per_second: Some(1_000_000),
        queue_bytes: 20_000,
        ..Shape::FREE
    };
    let Some(path) = path(narrow) else { return };
    let a = socket(&path, Side::A);
    for _ in 0..100 {
        a.send_to(&[0; 1000], (path.address(Side::B), 5000)).ok();
    }
    let dropped = || path.counts(Side::A).dropped > 0;
    assert!((0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        dropped()
    }));
}

#[test]
fn a_stream_arrives_whole_through_losses() {
    let loss = Loss::Random {
        per_million: 30_000,
    };
    let Some(path) = path(Shape::link(100, Duration::from_millis(4), loss)) else {
        return;
    };
    let to = path.address(Side::B);
    let listener = at(&path, Side::B, move || TcpListener::bind((to, 5000)));
    let listener = listener.expect("a listener");
    let sent: Vec<u8> = (0..2_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let copy = sent.clone();
    let sender = path.run(Side::A, move || {
        let mut stream = TcpStream::connect((to, 5000)).expect("a connection");
        stream.write_all(&copy).expect("it is sent");
    });
    let (mut stream, _) = listener.accept().expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut got = Vec::new();
    stream.read_to_end(&mut got).expect("it arrives");
    assert!(got == sent);
    sender
        .expect("a thread")
        .join()
        .expect("no panic")
        .expect("the namespace");
    assert!(path.counts(Side::A).lost > 0);
}

#[test]
fn a_side_is_reached_under_its_new_address() {
    let Some(mut path) = path(Shape::FREE) else {
        return;
    };
    let a = socket(&path, Side::A);
    let before = path.address(Side::B);
    path.change_address(Side::B).expect("a new address");
    assert_ne!(path.address(Side::B), before);
    let b = socket(&path, Side::B);
    assert!(arrives(&a, &b, &path, b"hello"));
}

#[test]
fn processes_that_are_started_inside_are_inside() {
    let Some(path) = path(Shape::FREE) else {
        return;
    };
    let shown = at(&path, Side::B, || {
        let shown = std::process::Command::new("ip")
            .args(["-4", "addr"])
            .output();
        String::from_utf8_lossy(&shown.expect("ip runs").stdout).into_owned()
    });
    assert!(
        shown.contains(&path.address(Side::B).to_string()),
        "{shown}"
    );
    assert!(
        !shown.contains(&path.address(Side::A).to_string()),
        "{shown}"
    );
}
