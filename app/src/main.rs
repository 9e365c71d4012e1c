//! Parlor, on whatever this was built for.

#[cfg(not(any(target_os = "android", target_os = "ios")))]
#[path = "main/desktop.rs"]
mod system;

#[cfg(any(target_os = "android", target_os = "ios"))]
#[path = "main/phone.rs"]
mod system;

fn main() {
    system::start();
}
