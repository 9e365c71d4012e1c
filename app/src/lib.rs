//! Parlor's app: one user interface for desktop, Android and iOS above `parlor-core`.
//!
//! [`app`] starts it; `parlor-app-model` decides what it shows and wants; [`bridge`] joins that to
//! the core and to the [`platform`]. Screens and components take what they show and say what the
//! person did; none of them knows the core.

// Dioxus makes components of functions in this case, with props that are moved in.
#![allow(
    non_snake_case,
    clippy::needless_pass_by_value,
    unused_qualifications,
    reason = "components are functions named like types that own their props, and rsx! names \
              attributes by their whole path"
)]

pub mod app;
pub mod bridge;
pub mod format;
pub mod given;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub mod instance;
pub mod licences;
pub mod platform;
pub mod qr;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub mod window;
pub mod words;

mod component;
#[cfg(feature = "demo")]
pub mod demo;
#[cfg(target_os = "linux")]
mod restart;
mod screen;
mod script;
mod sheet;
mod shown;
