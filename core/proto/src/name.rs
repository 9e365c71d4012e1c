//! File names a stranger chose, made safe.
//!
//! A name that arrives from a peer is turned into a [`SafeName`] (one component) or a [`SafePath`]
//! (a relative path of components) while its frame is decoded. Both can be created on Linux,
//! macOS, Windows, Android and iOS under the same spelling, cannot leave the folder they are
//! created in, and show on screen what they are: no control characters, no characters that
//! reverse or hide text.
//!
//! What stays allowed, and why: a leading dot, because a folder sent with its `.gitignore` should
//! arrive with it; a leading `~` or `-`, because names reach the system through a directory handle
//! and never through a shell.

use core::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::limits::{NAME_MAX_BYTES, PATH_DEPTH_MAX, PATH_MAX_BYTES};

/// What a name becomes when nothing of it can be kept.
const FALLBACK: &str = "file";

/// Takes the place of a character that no name may hold.
const SUBSTITUTE: char = '_';

/// Marks the files that a transfer is still writing; a received name never ends in it, so that a
/// finished file is never taken for an unfinished one.
pub const PARTIAL_SUFFIX: &str = ".part";

/// Longest extension that is kept when a name is cut: longer ones say nothing about the type.
const EXTENSION_MAX_BYTES: usize = 32;

/// Room that cutting leaves for one [`SUBSTITUTE`] at each end of the name.
const GUARD_BYTES: usize = 2;

/// Device names of Windows: opening them, with any extension, opens a device.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// A path our own sender must not produce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// More bytes than the wire allows.
    #[error("the path has {len_bytes} bytes, at most {max_bytes} are allowed")]
    TooLong {
        /// Bytes of the path.
        len_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// More components than the wire allows.
    #[error("the path has {depth} parts, at most {depth_max} are allowed")]
    TooDeep {
        /// Components of the path.
        depth: usize,
        /// The limit.
        depth_max: usize,
    },
    /// A component is empty, points elsewhere, or cannot be stored or shown safely everywhere.
    #[error("the path holds a name that is not safe on every system")]
    Unsafe,
}

/// One component of a path, safe to create inside a folder on every system.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeName(String);

impl SafeName {
    /// Makes the closest safe name there is. Never fails; a safe name stays as it is.
    #[must_use]
    pub fn sanitise(raw: &str) -> Self {
        Self::keep_what_is_safe(raw).unwrap_or_else(|| Self(FALLBACK.to_owned()))
    }

    /// Takes a name only if it is safe as it stands.
    ///
    /// # Errors
    /// [`NameError::TooLong`], or [`NameError::Unsafe`] if [`Self::sanitise`] would change it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_len(text, NAME_MAX_BYTES)?;
        let name = Self::sanitise(text);
        if name.0 == text {
            Ok(name)
        } else {
            Err(NameError::Unsafe)
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names share that some system takes for the same name (`Photo.JPG`, `photo.jpg`).
    ///
    /// Going through upper case first joins letters that only differ in one direction (`ς` and
    /// `σ`, `ß` and `SS`). Joining too much costs a number in a file name, joining too little an
    /// overwritten file.
    #[must_use]
    pub fn fold_key(&self) -> String {
        let upper = self.0.chars().flat_map(char::to_uppercase);
        upper.flat_map(char::to_lowercase).nfc().collect()
    }

    /// The name for the `n`th file that wants this one: `photo.jpg` gives `photo (2).jpg`.
    #[must_use]
    pub fn numbered(&self, n: u32) -> Self {
        let (stem, extension) = split_extension(&self.0);
        let tail = format!(" ({n}){extension}");
        let stem = cut(stem, NAME_MAX_BYTES.saturating_sub(tail.len()));
        Self::sanitise(&format!("{}{tail}", trim(stem)))
    }

    /// `None` when not one character can be kept, which a path skips and a name replaces.
    fn keep_what_is_safe(raw: &str) -> Option<Self> {
        // Filtered before composing: what is dropped may have kept a letter from its accent.
        let text: String = raw.chars().filter_map(safe_char).nfc().collect();
        let text = trim(&text);
        let guarded = guard(text);
        if guarded.len() <= NAME_MAX_BYTES {
            return Self::unless_empty(guarded);
        }
        let (stem, extension) = split_extension(text);
        let max_bytes = NAME_MAX_BYTES.saturating_sub(GUARD_BYTES);
        let stem = cut(stem, max_bytes.saturating_sub(extension.len()));
        Self::unless_empty(guard(trim(&format!("{stem}{extension}"))))
    }

    fn unless_empty(text: String) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text))
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeName({:?})", self.0)
    }
}

impl AsRef<str> for SafeName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A relative path of at least one component, which stays below the folder it is joined to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafePath {
    folders: Vec<SafeName>,
    file: SafeName,
}

impl SafePath {
    /// Makes the closest safe path there is. Never fails; a safe path stays as it is.
    ///
    /// Both kinds of slash separate, and `.`, `..` and empty components are dropped. From a path
    /// that is too deep or too long the innermost folders go and the file's own name stays.
    #[must_use]
    pub fn sanitise(raw: &str) -> Self {
        let mut components = raw
            .split(['/', '\\'])
            .filter_map(SafeName::keep_what_is_safe);
        let Some(mut file) = components.next() else {
            return Self::from(SafeName(FALLBACK.to_owned()));
        };
        let mut folders = Vec::new();
        for component in components {
            let folder = core::mem::replace(&mut file, component);
            // The last component is needed, all others only as far as they can fit.
            if folders.len() < PATH_DEPTH_MAX {
                folders.push(folder);
            }
        }
        let mut room_bytes = PATH_MAX_BYTES.saturating_sub(file.0.len());
        let fitting = folders
            .iter()
            .take(PATH_DEPTH_MAX.saturating_sub(1))
            .take_while(|folder| {
                let left_bytes = room_bytes.checked_sub(folder.0.len().saturating_add(1));
                room_bytes = left_bytes.unwrap_or_default();
                left_bytes.is_some()
            });
        let fitting = fitting.count();
        folders.truncate(fitting);
        Self { folders, file }
    }

    /// Takes a path only if it is safe as it stands: this is what a sender must produce.
    ///
    /// # Errors
    /// What the path breaks; see [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_len(text, PATH_MAX_BYTES)?;
        let depth = text.split('/').count();
        if depth > PATH_DEPTH_MAX {
            return Err(NameError::TooDeep {
                depth,
                depth_max: PATH_DEPTH_MAX,
            });
        }
        let path = Self::sanitise(text);
        if path.to_string() == text {
            Ok(path)
        } else {
            Err(NameError::Unsafe)
        }
    }

    /// The folders from the outermost in; none for a plain file.
    #[must_use]
    pub fn folders(&self) -> &[SafeName] {
        &self.folders
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &SafeName {
        &self.file
    }

    /// All components, the file name last.
    pub fn components(&self) -> impl Iterator<Item = &SafeName> {
        self.folders.iter().chain(core::iter::once(&self.file))
    }

    /// The same folders with another file name, for [`SafeName::numbered`].
    #[must_use]
    pub fn with_file_name(&self, file: SafeName) -> Self {
        Self {
            folders: self.folders.clone(),
            file,
        }
    }

    /// What two paths share that some system takes for the same file.
    #[must_use]
    pub fn fold_key(&self) -> String {
        let keys: Vec<String> = self.components().map(SafeName::fold_key).collect();
        keys.join("/")
    }
}

impl From<SafeName> for SafePath {
    fn from(file: SafeName) -> Self {
        Self {
            folders: Vec::new(),
            file,
        }
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for folder in &self.folders {
            write!(f, "{folder}/")?;
        }
        write!(f, "{}", self.file)
    }
}

impl fmt::Debug for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafePath({:?})", self.to_string())
    }
}

fn check_len(text: &str, max_bytes: usize) -> Result<(), NameError> {
    let len_bytes = text.len();
    if len_bytes > max_bytes {
        Err(NameError::TooLong {
            len_bytes,
            max_bytes,
        })
    } else {
        Ok(())
    }
}

/// The character to keep in its place, or `None` for one that nobody would see missing.
fn safe_char(c: char) -> Option<char> {
    match c {
        '/' | '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*' => Some(SUBSTITUTE),
        c if c.is_control() => Some(SUBSTITUTE),
        c if is_invisible(c) => None,
        c => Some(c),
    }
}

/// Characters that show nothing, and those that change how the others show.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' // soft hyphen
        | '\u{034F}' // grapheme joiner
        | '\u{061C}' // Arabic letter mark
        | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' // Hangul fillers
        | '\u{180E}' // Mongolian vowel separator
        | '\u{200B}'..='\u{200F}' // zero width, joiners, direction marks
        | '\u{2028}'..='\u{202E}' // line and paragraph separators, direction overrides
        | '\u{2060}'..='\u{206F}' // word joiner, direction isolates, deprecated format characters
        | '\u{FEFF}' // byte order mark
        | '\u{FFF9}'..='\u{FFFB}' // interlinear annotation
        | '\u{E0000}'..='\u{E007F}' // tags
    ) || is_noncharacter(c)
}

/// Code points that Unicode promises never to assign; some file systems refuse them.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{FDD0}'..='\u{FDEF}') || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Without spaces around it and dots after it, which Windows drops and other systems do not.
fn trim(text: &str) -> &str {
    text.trim_start()
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Longest start of `text` that fits, cut between two characters.
fn cut(text: &str, max_bytes: usize) -> &str {
    let end = text.floor_char_boundary(max_bytes);
    text.get(..end).unwrap_or(text)
}

/// Stem and extension with its dot; the extension is empty where there is none worth keeping.
fn split_extension(name: &str) -> (&str, &str) {
    let Some((stem, extension)) = split_at_last_dot(name) else {
        return (name, "");
    };
    // `.tar.gz` is one extension to everybody who has one.
    let archive = split_at_last_dot(stem).filter(|(_, inner)| inner.eq_ignore_ascii_case(".tar"));
    archive
        .and_then(|(outer, _)| name.split_at_checked(outer.len()))
        .unwrap_or((stem, extension))
}

fn split_at_last_dot(name: &str) -> Option<(&str, &str)> {
    let (stem, extension) = name.split_at_checked(name.rfind('.')?)?;
    // `.profile` is a stem, and a sentence after a dot is not an extension.
    let is_extension =
        !trim(stem).is_empty() && (2..=EXTENSION_MAX_BYTES).contains(&extension.len());
    is_extension.then_some((stem, extension))
}

/// Adds what keeps a name from meaning a device or one of our unfinished files.
fn guard(name: &str) -> String {
    let mut guarded = String::with_capacity(name.len().saturating_add(GUARD_BYTES));
    if is_device(name) {
        guarded.push(SUBSTITUTE);
    }
    guarded.push_str(name);
    if name.to_ascii_lowercase().ends_with(PARTIAL_SUFFIX) {
        guarded.push(SUBSTITUTE);
    }
    guarded
}

/// Windows looks only at what stands before the first dot, without the spaces that end it.
fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_lowercase();
    if DEVICES.contains(&stem.as_str()) {
        return true;
    }
    let port = stem
        .strip_prefix("com")
        .or_else(|| stem.strip_prefix("lpt"));
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³');
    port.is_some_and(|port| port.chars().count() == 1 && port.chars().all(is_digit))
}

#[cfg(test)]
mod tests;
