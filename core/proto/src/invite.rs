//! The link and QR that let somebody in, and the keys derived from it.
//!
//! An invite is a [`ServerUrl`] and a [`RoomSecret`]. The secret stands in the fragment of the
//! link, which browsers and the app never send to any server; the server learns the [`RoomId`]
//! derived from it and nothing else. Both forms carry the same fragment:
//!
//! ```text
//! https://host[:port][/path]/j#<fragment>
//! parlor://j?server=<percent-encoded https://host[:port][/path]>#<fragment>
//! fragment = base64url, unpadded: version (1) | secret (32) | check (2)
//! check    = the first two bytes of BLAKE3 over everything before them
//! ```
//!
//! Every later version ends in the same check, so that a damaged link is never called a newer one.

use core::fmt;
use core::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use url::{Url, form_urlencoded};

use crate::id::RoomId;
use crate::limits::INVITE_MAX_BYTES;

mod server_url;

pub use server_url::{ServerUrl, ServerUrlError};

/// The version this build writes, and the only one it reads.
const VERSION: u8 = 1;

/// Bytes of the check at the end of the fragment: typing and copying errors, not attacks.
const CHECK_BYTES: usize = 2;

/// What follows the server's address in a link.
const LINK_PATH: &str = "/j";

/// What stands before the server's address in a deep link.
const DEEP_LINK_START: &str = "parlor://j?server=";

const ROOM_ID_CONTEXT: &str = "parlor v1 2026 room id";
const SIGNAL_KEY_CONTEXT: &str = "parlor v1 2026 signal key";
const PSK_CONTEXT: &str = "parlor v1 2026 psk";

/// What is wrong with a text that should be an invite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// Something else than an invite: another text, or the address of another page.
    #[error("this is not an invite link")]
    NotALink,
    /// A link of a kind that is not ours.
    #[error("an invite does not start with \"{scheme}:\"")]
    UnknownScheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// Nothing behind the `#`: some apps drop that part when they pass a link on.
    #[error("the link has lost its last part, the key after the #")]
    MissingSecret,
    /// The key has the wrong length or its check does not fit.
    #[error("the link is damaged or incomplete, ask for it again")]
    Damaged,
    /// Written by a version of Parlor that this one does not know.
    #[error("the link needs a newer Parlor (link version {version})")]
    NewerVersion {
        /// The version in the link.
        version: u8,
    },
    /// Longer than any invite.
    #[error("the text is too long for an invite ({len_bytes} bytes, at most {max_bytes})")]
    TooLong {
        /// Bytes of the text.
        len_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// The link names a server that cannot be used.
    #[error("the link's server: {0}")]
    Server(#[from] ServerUrlError),
}

/// The 256 bits that make a member of a room.
///
/// It has no `Display` and no serde form, and `Debug` hides it; [`Self::expose`] is the one way
/// out, so that a search for it finds every place that handles the secret.
#[derive(Clone)]
pub struct RoomSecret([u8; 32]);

impl RoomSecret {
    /// A secret from 32 random bytes, or from bytes that [`Self::expose`] gave earlier.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself, to store it or to hand it to a newcomer over a sealed channel.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The room as the server knows it.
    #[must_use]
    pub fn room_id(&self) -> RoomId {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = self.derive(ROOM_ID_CONTEXT);
        RoomId([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// The key that seals offers, answers and candidates on their way through the server.
    #[must_use]
    pub fn signal_key(&self) -> [u8; 32] {
        self.derive(SIGNAL_KEY_CONTEXT)
    }

    /// The pre-shared key of the handshake between two members.
    #[must_use]
    pub fn psk(&self) -> [u8; 32] {
        self.derive(PSK_CONTEXT)
    }

    fn derive(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, &self.0)
    }

    fn to_fragment(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.0);
        bytes.extend_from_slice(&check(&bytes));
        BASE64URL_NOPAD.encode(&bytes)
    }

    fn from_fragment(fragment: &str) -> Result<Self, InviteError> {
        let bytes = BASE64URL_NOPAD
            .decode(fragment.as_bytes())
            .map_err(|_| InviteError::Damaged)?;
        let (body, expected) = bytes
            .split_last_chunk::<CHECK_BYTES>()
            .ok_or(InviteError::Damaged)?;
        if check(body) != *expected {
            return Err(InviteError::Damaged);
        }
        match body.split_first() {
            Some((&VERSION, secret)) => secret
                .try_into()
                .map(Self)
                .map_err(|_| InviteError::Damaged),
            Some((&version, _)) if version > VERSION => Err(InviteError::NewerVersion { version }),
            Some(_) | None => Err(InviteError::Damaged),
        }
    }
}

impl fmt::Debug for RoomSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomSecret(hidden)")
    }
}

impl PartialEq for RoomSecret {
    fn eq(&self, other: &Self) -> bool {
        // BLAKE3's own hash type compares in constant time.
        blake3::Hash::from_bytes(self.0) == blake3::Hash::from_bytes(other.0)
    }
}

impl Eq for RoomSecret {}

/// Everything a newcomer needs: where the room is introduced, and its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The server that introduces the members to each other.
    pub server: ServerUrl,
    /// What makes a member.
    pub secret: RoomSecret,
}

impl Invite {
    /// Reads a link or a deep link, with white space around it as copying leaves it.
    ///
    /// # Errors
    /// What is wrong with the text, in words for the person who pasted it.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let text = text.trim();
        let len_bytes = text.len();
        if len_bytes > INVITE_MAX_BYTES {
            return Err(InviteError::TooLong {
                len_bytes,
                max_bytes: INVITE_MAX_BYTES,
            });
        }
        let url = Url::parse(text).map_err(|_| InviteError::NotALink)?;
        let server = match url.scheme() {
            "https" | "http" => server_of_link(&url)?,
            "parlor" => server_of_deep_link(&url)?,
            scheme => {
                return Err(InviteError::UnknownScheme {
                    scheme: scheme.to_owned(),
                });
            }
        };
        let fragment = url.fragment().filter(|fragment| !fragment.is_empty());
        let secret = RoomSecret::from_fragment(fragment.ok_or(InviteError::MissingSecret)?)?;
        Ok(Self {
            server: server.parse()?,
            secret,
        })
    }

    /// The link for QR codes and messengers: any camera opens it, with or without the app.
    #[must_use]
    pub fn to_link(&self) -> String {
        format!(
            "{}{LINK_PATH}#{}",
            self.server.link_base(),
            self.secret.to_fragment()
        )
    }

    /// The link that only the app opens.
    #[must_use]
    pub fn to_deep_link(&self) -> String {
        let base = self.server.link_base();
        let server: String = form_urlencoded::byte_serialize(base.as_bytes()).collect();
        format!("{DEEP_LINK_START}{server}#{}", self.secret.to_fragment())
    }
}

impl FromStr for Invite {
    type Err = InviteError;

    fn from_str(text: &str) -> Result<Self, InviteError> {
        Self::parse(text)
    }
}

/// The first bytes of the hash of what they stand behind.
fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    let [first, second, ..] = *blake3::hash(body).as_bytes();
    [first, second]
}

/// The text before `/j`; a server may add a slash behind it.
fn server_of_link(url: &Url) -> Result<String, InviteError> {
    if url.query().is_some() {
        return Err(InviteError::NotALink);
    }
    let mut base = url.clone();
    base.set_fragment(None);
    let base = String::from(base);
    let page = base.strip_suffix('/').unwrap_or(&base);
    page.strip_suffix(LINK_PATH)
        .map(str::to_owned)
        .ok_or(InviteError::NotALink)
}

/// The one `server` of the query; other fields may come in later versions.
fn server_of_deep_link(url: &Url) -> Result<String, InviteError> {
    if url.host_str() != Some("j") || !matches!(url.path(), "" | "/") {
        return Err(InviteError::NotALink);
    }
    let mut servers = url.query_pairs().filter(|(key, _)| key == "server");
    match (servers.next(), servers.next()) {
        (Some((_, server)), None) => Ok(server.into_owned()),
        (_, _) => Err(InviteError::NotALink),
    }
}

#[cfg(test)]
mod tests;
