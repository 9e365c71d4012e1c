//! Parts that screens are made of. They take what they show and tell what the person did; what
//! they remember is how they look, never how the world is.

pub(crate) mod avatar;
pub(crate) mod avatar_picker;
pub(crate) mod button;
pub(crate) mod composer;
pub(crate) mod entry;
pub(crate) mod files;
pub(crate) mod frame;
pub(crate) mod logo;
pub(crate) mod timeline;
pub(crate) mod toast;
