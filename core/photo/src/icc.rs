//! Colour profiles (ICC.1:2022): kept as they are, or not at all.

/// Where the profile says how long it is, and what it is.
const LEN_AT: core::ops::Range<usize> = 0..4;
const SIGNATURE_AT: core::ops::Range<usize> = 36..40;

/// Profiles are padded to a multiple of this.
const PADDING: usize = 4;

/// Whether the bytes are a colour profile and nothing more, by its own header.
pub(crate) fn is_profile(bytes: &[u8]) -> bool {
    let Some(declared) = bytes.get(LEN_AT) else {
        return false;
    };
    let declared = declared
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let is_whole = (declared..declared.saturating_add(PADDING)).contains(&bytes.len());
    is_whole && bytes.get(SIGNATURE_AT) == Some(b"acsp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_with_something_behind_it_is_none() {
        let mut profile = vec![0; 128];
        profile[3] = 128;
        profile[36..40].copy_from_slice(b"acsp");
        assert!(is_profile(&profile));
        profile.extend_from_slice(b"made by Ada in Berlin");
        assert!(!is_profile(&profile));
        assert!(!is_profile(b""));
    }
}
