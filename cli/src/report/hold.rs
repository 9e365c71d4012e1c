//! Transfers that stand still, as sentences.

use super::Report;
use super::words::{between, clean};

/// Why a transfer stands still, and that it goes on.
pub(super) fn words(report: &Report) -> Option<String> {
    Some(
        if let Report::TransferPaused { of, by_us, reason } = report {
            let between = between(of);
            match (by_us, reason) {
                (true, Some(reason)) => format!(
                    "The transfer {between} waits: {}. It goes on by itself once there is room.",
                    clean(reason)
                ),
                (false, Some(reason)) => format!(
                    "The transfer {between} waits: the other device says: {}.",
                    clean(reason)
                ),
                // The person asked for it, and was answered.
                (true, None) => return None,
                (false, None) => format!("{} paused the transfer.", clean(&of.name)),
            }
        } else if let Report::TransferResumed { of, .. } = report {
            format!("The transfer {} goes on.", between(of))
        } else {
            return None;
        },
    )
}
