//! Which picture is meant.

use parlor_proto::id::DeviceId;

/// Names a file of an offer that is shown as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureId {
    /// Whose offer.
    pub author: DeviceId,
    /// The transfer.
    pub transfer: u64,
    /// The file.
    pub file: u32,
}

impl PictureId {
    /// Its name in the addresses that a view asks for: `<author>-<transfer>-<file>`.
    #[must_use]
    pub fn name(&self) -> String {
        let Self {
            author,
            transfer,
            file,
        } = self;
        format!("{author}-{transfer}-{file}")
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let id = Self {
            author: parts.next()?.parse().ok()?,
            transfer: parts.next()?.parse().ok()?,
            file: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_its_picture_and_nothing_else() {
        let id = PictureId {
            author: DeviceId([7; 16]),
            transfer: u64::MAX,
            file: 3,
        };
        assert_eq!(PictureId::from_name(&id.name()), Some(id));
        for name in ["../etc/passwd", "", "/etc/passwd", "a-1-2"] {
            assert_eq!(PictureId::from_name(name), None, "{name}");
        }
        assert_eq!(PictureId::from_name(&format!("{}-4", id.name())), None);
    }
}
