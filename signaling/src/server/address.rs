//! Where a connection comes from, through our own reverse proxies.

use core::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Entries of `X-Forwarded-For` that are looked at; nobody runs more proxies in a row.
const FORWARDS_MAX: usize = 16;

/// The other end of a TCP connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct TcpPeer(pub(super) IpAddr);

/// The client's address: the TCP peer's, unless that is one of our proxies. Then it is the last
/// entry of `X-Forwarded-For` that is not a proxy of ours as well: whatever stands before it was
/// written by the client. An entry that is no address ends the search.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_ours = |address: &IpAddr| {
        let address = address.to_canonical();
        trusted.iter().any(|net| net.contains(&address))
    };
    let mut client = peer;
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let texts = lines.map(|line| line.to_str().unwrap_or_default());
    let mut entries = texts.flat_map(|text| text.rsplit(',')).take(FORWARDS_MAX);
    while is_ours(&client) {
        let Some(Ok(next)) = entries.next().map(|entry| entry.trim().parse()) else {
            break;
        };
        client = next;
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_strangers_header_is_not_believed() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn the_address_nearest_to_our_proxies_counts() {
        assert_eq!(client(PROXY, &["1.1.1.1, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client(PROXY, &["1.1.1.1", "198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn without_a_good_header_the_proxy_itself_counts() {
        for forwarded in [&[][..], &["unknown"], &["1.1.1.1, "], &["\u{e9}"]] {
            assert_eq!(client(PROXY, forwarded), PROXY);
        }
    }
}
