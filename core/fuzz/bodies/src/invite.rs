//! Texts that people paste and cameras read: links, deep links, server addresses.

use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::limits::INVITE_MAX_BYTES;

use crate::Seed;

/// Reads a text as an invite and as an address; what is taken is written and read as the same.
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    let invite = Invite::parse(text);
    let server = ServerUrl::parse(text);
    if let Ok(server) = &server {
        check_server(server);
        let secret = RoomSecret::from_bytes([0xA5; 32]);
        let server = server.clone();
        check_invite(&Invite { server, secret });
    }
    if let Ok(invite) = &invite {
        check_server(&invite.server);
        check_invite(invite);
    }
    invite.is_ok() || server.is_ok()
}

fn check_server(server: &ServerUrl) {
    assert_eq!(ServerUrl::parse(&server.link_base()).as_ref(), Ok(server));
    assert_eq!(
        ServerUrl::parse(&server.websocket_url()).as_ref(),
        Ok(server)
    );
    assert_eq!(server.to_string(), server.link_base());
    let scheme = if server.is_encrypted() {
        "wss://"
    } else {
        "ws://"
    };
    assert!(server.websocket_url().starts_with(scheme), "{server}");
}

fn check_invite(invite: &Invite) {
    for text in [invite.to_link(), invite.to_deep_link()] {
        assert!(text.len() <= INVITE_MAX_BYTES, "{text}");
        assert_eq!(Invite::parse(&text).as_ref(), Ok(invite), "{text}");
    }
}

/// Both kinds of link on servers of every kind, addresses as they are typed, and texts that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let servers = [
        ("https", "https://example.org"),
        ("port-path", "https://example.org:8443/parlor/"),
        ("lan-v4", "http://192.168.1.20:8787"),
        ("lan-v6", "ws://[fd00::20]:8787/ws"),
        ("lan-mapped", "http://[::ffff:a00:1]"),
        ("local-dot", "http://my-mac.local."),
        ("punycode", "https://münchen.de"),
        ("nested", "wss://example.org/ws/j/ws//"),
    ];
    let secret = RoomSecret::from_bytes([0x42; 32]);
    let of_server = |(name, address): (&str, &str)| {
        let server = ServerUrl::parse(address).expect("these are addresses");
        let secret = secret.clone();
        let invite = Invite { server, secret };
        [
            Seed::new(format!("{name}-address"), address),
            Seed::new(format!("{name}-link"), invite.to_link()),
            Seed::new(format!("{name}-deep-link"), invite.to_deep_link()),
        ]
    };
    let texts = [
        ("refused-nothing", ""),
        ("refused-words", "4821-amber-otter-canoe"),
        ("refused-clear", "http://example.org/j#AQ"),
        ("refused-user", "https://good.example@evil.example"),
        ("refused-secret", "https://example.org/j#AQABAg"),
        ("refused-scheme", "javascript:alert(1)"),
        ("refused-two-servers", "parlor://j?server=a&server=b#AQ"),
    ];
    let texts = texts.map(|(name, text)| Seed::new(name, text));
    let taken = servers.into_iter().flat_map(of_server);
    taken.chain(texts).collect()
}
