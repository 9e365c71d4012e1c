//! Which offers are taken without asking the person.

use parlor_proto::frame::OfferedFile;

use crate::known::Standing;

/// From whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AcceptFrom {
    /// Every offer is asked about.
    #[default]
    Nobody,
    /// Devices whose emoji the person compared.
    Verified,
    /// Those and devices met before under a name of their own.
    Known,
    /// Whoever is in the room.
    Anyone,
}

/// Which kinds of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AcceptKinds {
    /// Pictures, films and sound, by the end of the name: that is what other programs go by, and
    /// a media type is only what the sender says.
    #[default]
    Media,
    /// Everything.
    All,
}

/// The person's rules. An offer is taken as a whole, or asked about as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AcceptRules {
    /// From whom.
    pub from: AcceptFrom,
    /// Bytes of one offer at most.
    pub max_bytes: u64,
    /// Which files.
    pub kinds: AcceptKinds,
}

/// Ends of names that cameras, phones and recorders give, in lower case.
const MEDIA: &[&str] = &[
    "3gp", "aac", "aiff", "avif", "avi", "bmp", "dng", "flac", "gif", "heic", "heif", "jpeg",
    "jpg", "jxl", "m4a", "m4v", "mkv", "mov", "mp3", "mp4", "oga", "ogg", "ogv", "opus", "png",
    "tif", "tiff", "wav", "webm", "webp",
];

impl AcceptRules {
    /// Whether an offer of somebody of that standing is taken.
    #[must_use]
    pub fn takes<'a>(
        &self,
        standing: &Standing,
        files: impl IntoIterator<Item = &'a OfferedFile>,
    ) -> bool {
        let needed = match standing {
            Standing::Verified { .. } => AcceptFrom::Verified,
            Standing::Known { .. } => AcceptFrom::Known,
            Standing::New | Standing::NameTaken { .. } => AcceptFrom::Anyone,
        };
        let mut total = 0_u64;
        self.from >= needed
            && files.into_iter().all(|file| {
                total = total.saturating_add(file.size);
                total <= self.max_bytes && self.takes_kind(file)
            })
    }

    fn takes_kind(&self, file: &OfferedFile) -> bool {
        let name = file.path.file_name().as_str().to_lowercase();
        let end = name.rsplit_once('.').map(|(_, end)| end);
        match self.kinds {
            AcceptKinds::All => true,
            AcceptKinds::Media => end.is_some_and(|end| MEDIA.contains(&end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor_proto::name::SafePath;
    use parlor_proto::text::DisplayName;

    use super::*;

    fn file(name: &str, size: u64) -> OfferedFile {
        OfferedFile {
            path: SafePath::sanitise(name),
            size,
            root: [0; 32],
            modified_ms: None,
            mime: Some("image/jpeg".to_owned()),
        }
    }

    const RULES: AcceptRules = AcceptRules {
        from: AcceptFrom::Known,
        max_bytes: 100,
        kinds: AcceptKinds::Media,
    };

    const KNOWN: Standing = Standing::Known { former_name: None };

    #[test]
    fn photos_of_somebody_known_are_taken() {
        assert!(RULES.takes(&KNOWN, &[file("a/IMG_1.JPG", 60), file("b.heic", 40)]));
        assert!(RULES.takes(
            &Standing::Verified { calls_itself: None },
            &[file("b.mp4", 1)]
        ));
    }

    #[test]
    fn a_stranger_or_a_taken_name_is_asked_about() {
        let taken = Standing::NameTaken {
            owner: DisplayName::sanitise("Ada"),
            is_owner_verified: true,
        };
        for standing in [Standing::New, taken] {
            assert!(!RULES.takes(&standing, &[file("a.jpg", 1)]));
        }
    }

    #[test]
    fn more_than_the_limit_is_asked_about() {
        assert!(!RULES.takes(&KNOWN, &[file("a.jpg", 60), file("b.jpg", 41)]));
        assert!(!RULES.takes(&KNOWN, &[file("a.jpg", u64::MAX), file("b.jpg", 1)]));
    }

    #[test]
    fn a_media_type_does_not_make_a_program_a_photo() {
        assert!(!RULES.takes(&KNOWN, &[file("a.jpg.exe", 1)]));
        assert!(!RULES.takes(&KNOWN, &[file("jpg", 1)]));
        let all = AcceptRules {
            kinds: AcceptKinds::All,
            ..RULES
        };
        assert!(all.takes(&KNOWN, &[file("a.exe", 1)]));
    }

    #[test]
    fn by_default_everything_is_asked_about() {
        let verified = Standing::Verified { calls_itself: None };
        assert!(!AcceptRules::default().takes(&verified, &[file("a.jpg", 0)]));
    }
}
