//! Names of rooms, peers and devices: 128-bit values shown as unpadded base32.

use core::fmt;
use core::str::FromStr;

use data_encoding::BASE32_NOPAD_NOCASE;
use serde::{Deserialize, Serialize};

/// A text that is not 26 characters of base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 26 base32 characters")]
pub struct IdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[derive(minicbor::Encode, minicbor::Decode)]
        #[serde(into = "String", try_from = "String")]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

        impl $name {
            /// The first four characters: enough to tell peers apart in a log.
            #[must_use]
            pub fn short(&self) -> String {
                self.to_string().chars().take(4).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = BASE32_NOPAD_NOCASE.encode(&self.0);
                text.make_ascii_lowercase();
                f.write_str(&text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}…)"), self.short())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() != 26 {
                    return Err(IdError);
                }
                let bytes = BASE32_NOPAD_NOCASE.decode(text.as_bytes()).map_err(|_| IdError)?;
                bytes.try_into().map(Self).map_err(|_| IdError)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
    };
}

id! {
    /// A room as the server knows it, derived from the room's secret.
    RoomId
}
id! {
    /// A connection to the server: random, given by the server, kept across a resume.
    PeerId
}
id! {
    /// A device in a room, chosen by the device: what messages are attributed to.
    DeviceId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_reads_back_as_the_same_id() {
        let id = PeerId([0xA5; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_ascii_uppercase().parse(), Ok(id));
    }

    #[test]
    fn texts_of_another_length_or_alphabet_are_refused() {
        for text in ["", "abc", &"a".repeat(27), &"!".repeat(26)] {
            assert_eq!(text.parse::<RoomId>(), Err(IdError), "{text}");
        }
    }
}
