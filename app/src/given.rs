//! What the app was given by its start, a link or another app.

use std::path::PathBuf;

use parlor_app_model::msg::Intent;
use serde::{Deserialize, Serialize};

/// What an app was started with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// A link to go in by.
    pub link: Option<String>,
    /// Files to be shared.
    pub files: Vec<PathBuf>,
}

impl Given {
    /// What the person wants by it.
    #[must_use]
    pub fn intents(self) -> Vec<Intent> {
        let link = self.link.map(Intent::OpenLink);
        let files = (!self.files.is_empty()).then_some(Intent::ShareIn(self.files));
        link.into_iter().chain(files).collect()
    }
}
