//! The address of a signaling server, as typed or as found in a link.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use url::{Host, Url, form_urlencoded};

use crate::limits::INVITE_MAX_BYTES;

/// What a deep link holds beside the server: `parlor://j?server=`, `#` and the 47 characters of
/// the fragment. An address that leaves less room could not be shared.
const DEEP_LINK_FIXED_BYTES: usize = 66;

/// Longest address once it is percent-encoded in a deep link.
const ENCODED_MAX_BYTES: usize = INVITE_MAX_BYTES - DEEP_LINK_FIXED_BYTES;

/// Where the server listens for WebSockets below its address.
const WEBSOCKET_PATH: &str = "/ws";

/// Why a text is not the address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// No address at all, or one without `https://` before it.
    #[error("this is not an address like https://example.org")]
    NotAnAddress,
    /// An address of another kind.
    #[error("a server's address starts with https://, not with \"{scheme}:\"")]
    UnknownScheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// A user name, a password, a query, a fragment, or an unusual character in the path.
    #[error("a server's address has only a name, a port and a plain path")]
    ExtraParts,
    /// Unencrypted, and not on the own network.
    #[error("\"{host}\" is not on your own network, use https:// for it")]
    NeedsHttps {
        /// The server's name or number.
        host: String,
    },
    /// It would not fit into an invite.
    #[error("the server's address is too long for an invite")]
    TooLong,
}

/// The address of a signaling server.
///
/// Unencrypted addresses are only taken on the device itself and on the own network, where a
/// desktop can be the server and has no certificate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerUrl {
    is_encrypted: bool,
    /// Host, port if it is not the usual one, and path without a slash at its end.
    address: String,
}

impl ServerUrl {
    /// Reads `https://`, `wss://`, `http://` or `ws://`, a host, and optionally port and path.
    ///
    /// # Errors
    /// What is wrong with the address, in words for the person who typed it.
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let text = text.trim();
        if text.len() > INVITE_MAX_BYTES {
            return Err(ServerUrlError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| ServerUrlError::NotAnAddress)?;
        let is_encrypted = match url.scheme() {
            "https" | "wss" => true,
            "http" | "ws" => false,
            // `example.org:8080` reads as a scheme; the dot tells that none was meant.
            scheme if scheme.contains('.') => return Err(ServerUrlError::NotAnAddress),
            scheme => {
                return Err(ServerUrlError::UnknownScheme {
                    scheme: scheme.to_owned(),
                });
            }
        };
        let host = url.host().ok_or(ServerUrlError::NotAnAddress)?;
        if has_extra_parts(&url) {
            return Err(ServerUrlError::ExtraParts);
        }
        if !is_encrypted && !is_own_network(&host) {
            return Err(ServerUrlError::NeedsHttps {
                host: host.to_string(),
            });
        }
        let port = url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let address = format!("{host}{port}{}", base_path(url.path()));
        let server = Self {
            is_encrypted,
            address,
        };
        let encoded: String =
            form_urlencoded::byte_serialize(server.link_base().as_bytes()).collect();
        if encoded.len() > ENCODED_MAX_BYTES {
            return Err(ServerUrlError::TooLong);
        }
        Ok(server)
    }

    /// Where the client opens its WebSocket.
    #[must_use]
    pub fn websocket_url(&self) -> String {
        let scheme = if self.is_encrypted { "wss" } else { "ws" };
        format!("{scheme}://{}{WEBSOCKET_PATH}", self.address)
    }

    /// What an invite link starts with; also the address as shown to people. No slash at its end.
    #[must_use]
    pub fn link_base(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Whether TLS protects the way to the server.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, ServerUrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.link_base())
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

/// A user name in front of the host is how a link pretends to lead elsewhere.
fn has_extra_parts(url: &Url) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
        || !url.path().chars().all(is_plain)
}

/// The path below which the server lives, also when its WebSocket address was pasted.
fn base_path(mut path: &str) -> &str {
    while let Some(shorter) = path.strip_suffix(WEBSOCKET_PATH).or(path.strip_suffix('/')) {
        path = shorter;
    }
    path
}

/// Whether nobody outside the building carries what is sent there.
fn is_own_network(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_own_network_v4(*address),
        Host::Ipv6(address) => is_own_network_v6(*address),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local")
        }
    }
}

fn is_own_network_v4(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_private() || address.is_link_local()
}

fn is_own_network_v6(address: Ipv6Addr) -> bool {
    let is_v4 = address.to_ipv4_mapped().is_some_and(is_own_network_v4);
    is_v4 || address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link_base(text: &str) -> Result<String, ServerUrlError> {
        ServerUrl::parse(text).map(|server| server.link_base())
    }

    #[test]
    fn every_way_to_write_a_server_means_the_same() {
        for text in [
            "https://Example.org",
            "https://example.org/",
            "https://example.org:443",
            "wss://example.org/ws",
            "wss://example.org/ws/",
            "  https://example.org\n",
        ] {
            let server = ServerUrl::parse(text).expect(text);
            assert_eq!(server.link_base(), "https://example.org", "{text}");
            assert_eq!(server.websocket_url(), "wss://example.org/ws", "{text}");
        }
    }

    #[test]
    fn port_path_and_numbers_are_kept() {
        let server = ServerUrl::parse("https://example.org:8443/parlor/").expect("is an address");
        assert_eq!(server.link_base(), "https://example.org:8443/parlor");
        assert_eq!(server.websocket_url(), "wss://example.org:8443/parlor/ws");
        assert_eq!(link_base("ws://[::1]:80"), Ok("http://[::1]".to_owned()));
        assert_eq!(
            link_base("https://münchen.de"),
            Ok("https://xn--mnchen-3ya.de".to_owned())
        );
    }

    #[test]
    fn cleartext_stays_on_the_own_network() {
        for host in [
            "localhost",
            "app.localhost",
            "127.0.0.1",
            "[::1]",
            "192.168.1.5",
            "10.0.0.1",
            "172.31.0.1",
            "169.254.1.1",
            "[fe80::1]",
            "[fd00::1]",
            "[::ffff:a00:1]",
            "my-mac.local",
            "my-mac.local.",
        ] {
            let server = ServerUrl::parse(&format!("http://{host}:8080")).expect(host);
            assert_eq!(server.websocket_url(), format!("ws://{host}:8080/ws"));
            assert!(!server.is_encrypted());
        }
        for host in [
            "example.org",
            "8.8.8.8",
            "172.32.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "[2001:db8::1]",
            "[::ffff:8.8.8.8]",
            "local",
            "notlocal",
            "localhost.example.org",
            "intranet",
        ] {
            let refused = ServerUrl::parse(&format!("ws://{host}"));
            assert!(
                matches!(refused, Err(ServerUrlError::NeedsHttps { .. })),
                "{host}"
            );
            assert!(ServerUrl::parse(&format!("wss://{host}")).is_ok(), "{host}");
        }
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let scheme = |scheme: &str| ServerUrlError::UnknownScheme {
            scheme: scheme.to_owned(),
        };
        let cases = [
            ("", ServerUrlError::NotAnAddress),
            ("example.org", ServerUrlError::NotAnAddress),
            ("example.org:8080", ServerUrlError::NotAnAddress),
            ("https://", ServerUrlError::NotAnAddress),
            ("ftp://example.org", scheme("ftp")),
            ("javascript:alert(1)", scheme("javascript")),
            ("https://good.org@evil.org", ServerUrlError::ExtraParts),
            ("https://example.org/?q", ServerUrlError::ExtraParts),
            ("https://example.org/#f", ServerUrlError::ExtraParts),
            ("https://example.org/a%20b", ServerUrlError::ExtraParts),
            (
                &format!("https://example.org{}", "/a".repeat(200)),
                ServerUrlError::TooLong,
            ),
            (&"h".repeat(INVITE_MAX_BYTES + 1), ServerUrlError::TooLong),
        ];
        for (text, error) in cases {
            assert_eq!(ServerUrl::parse(text), Err(error), "{text}");
        }
    }
}
