//! The app without its face: what it knows, what changes it, what it then wants done.
//!
//! [`Model::update`](model::Model::update) takes a [`Msg`](msg::Msg), what the person did or what
//! the core reported, and gives [`Effect`](effect::Effect)s. The functions in [`view`] say what
//! each screen shows. There is no clock, disk, network or renderer in here: the bridge above has
//! those, and is the only one that changes the model.

pub mod effect;
pub mod join;
pub mod model;
pub mod msg;
pub mod picture;
pub mod room;
pub mod settings;
pub mod timeline;
pub mod toast;
pub mod view;

mod update;
