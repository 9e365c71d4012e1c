//! Debug output of the signaling messages, for logs: payloads, tokens and TURN credentials are
//! never in it, so that a careless `{message:?}` anywhere leaks nothing.

use core::fmt;

use super::{ClientMessage, IceServer, ResumeToken, ServerMessage};

/// Stands in Debug output for something that must not be read there.
struct Hidden(usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}

fn hidden(f: &mut fmt::Formatter<'_>, name: &str, payload: &str) -> fmt::Result {
    f.debug_struct(name)
        .field("payload", &Hidden(payload.len()))
        .finish()
}

impl fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeToken(<hidden>)")
    }
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |text: &Option<String>| text.as_ref().map(|text| Hidden(text.len()));
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .field("username", &hidden(&self.username))
            .field("credential", &hidden(&self.credential))
            .finish()
    }
}

impl fmt::Debug for ClientMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join {
                room,
                intent,
                max_peers,
                resume,
            } => f
                .debug_struct("Join")
                .field("room", room)
                .field("intent", intent)
                .field("max_peers", max_peers)
                .field("resume", resume)
                .finish(),
            Self::Signal { to, payload } => f
                .debug_struct("Signal")
                .field("to", to)
                .field("payload", &Hidden(payload.len()))
                .finish(),
            Self::Leave => f.write_str("Leave"),
            // The number is half of a code that somebody is reading out just now.
            Self::NameplateOpen { .. } => f.write_str("NameplateOpen"),
            Self::NameplateClose => f.write_str("NameplateClose"),
            Self::Knock { payload, .. } => hidden(f, "Knock", payload),
            Self::KnockProof { payload } => hidden(f, "KnockProof", payload),
            Self::KnockAnswer { payload, .. } => hidden(f, "KnockAnswer", payload),
            Self::KnockRefuse { guest } => {
                f.debug_struct("KnockRefuse").field("guest", guest).finish()
            }
        }
    }
}

impl fmt::Debug for ServerMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined {
                peer,
                peers,
                resume,
                ice_servers,
                resumed,
            } => f
                .debug_struct("Joined")
                .field("peer", peer)
                .field("peers", peers)
                .field("resume", resume)
                .field("ice_servers", ice_servers)
                .field("resumed", resumed)
                .finish(),
            Self::PeerJoined { peer } => f.debug_struct("PeerJoined").field("peer", peer).finish(),
            Self::PeerLeft { peer } => f.debug_struct("PeerLeft").field("peer", peer).finish(),
            Self::Signal { from, payload } => f
                .debug_struct("Signal")
                .field("from", from)
                .field("payload", &Hidden(payload.len()))
                .finish(),
            Self::Nameplate { .. } => f.write_str("Nameplate"),
            Self::Knock { payload, .. } => hidden(f, "Knock", payload),
            Self::KnockProof { payload, .. } => hidden(f, "KnockProof", payload),
            Self::KnockAnswer { payload } => hidden(f, "KnockAnswer", payload),
            Self::Error {
                code,
                message,
                retry_after_ms,
            } => f
                .debug_struct("Error")
                .field("code", code)
                .field("message", message)
                .field("retry_after_ms", retry_after_ms)
                .finish(),
        }
    }
}
