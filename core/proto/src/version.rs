//! Which version of the peer protocol two devices speak.

/// Versions one side speaks, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct VersionRange {
    /// Oldest version.
    #[n(0)]
    pub oldest: u16,
    /// Newest version.
    #[n(1)]
    pub newest: u16,
}

/// What this implementation speaks.
pub const VERSIONS: VersionRange = VersionRange {
    oldest: 1,
    newest: 1,
};

/// Two devices without a version in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VersionMismatch {
    /// The other side needs an update.
    #[error("the other device runs an older Parlor and needs an update")]
    TheyAreOlder,
    /// This side needs an update.
    #[error("the other device runs a newer Parlor; update this one")]
    WeAreOlder,
}

impl VersionRange {
    /// The newest version both sides speak.
    ///
    /// # Errors
    /// [`VersionMismatch`] says which side is behind.
    pub fn negotiate(self, theirs: Self) -> Result<u16, VersionMismatch> {
        let newest = self.newest.min(theirs.newest);
        if newest >= self.oldest.max(theirs.oldest) {
            Ok(newest)
        } else if theirs.newest < self.oldest {
            Err(VersionMismatch::TheyAreOlder)
        } else {
            Err(VersionMismatch::WeAreOlder)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(oldest: u16, newest: u16) -> VersionRange {
        VersionRange { oldest, newest }
    }

    #[test]
    fn the_newest_common_version_wins() {
        assert_eq!(range(1, 3).negotiate(range(2, 5)), Ok(3));
        assert_eq!(range(2, 5).negotiate(range(1, 3)), Ok(3));
    }

    #[test]
    fn without_a_common_version_the_side_that_is_behind_is_named() {
        assert_eq!(
            range(3, 4).negotiate(range(1, 2)),
            Err(VersionMismatch::TheyAreOlder)
        );
        assert_eq!(
            range(1, 2).negotiate(range(3, 4)),
            Err(VersionMismatch::WeAreOlder)
        );
    }

    #[test]
    fn an_upside_down_range_is_no_match() {
        assert!(range(1, 2).negotiate(range(2, 1)).is_err());
    }
}
