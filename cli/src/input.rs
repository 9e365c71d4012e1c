//! Lines from stdin.

use std::io::BufRead as _;

use tokio::sync::mpsc;

/// Lines that may wait: whoever pipes more is read more slowly.
const LINES_MAX: usize = 16;

/// Reads stdin on a thread of its own: a read that waits for a person cannot be called off, and
/// must not keep the program from ending.
pub(crate) fn lines() -> mpsc::Receiver<String> {
    let (out, lines) = mpsc::channel(LINES_MAX);
    let read = move || {
        for line in std::io::stdin().lock().split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line)
                .trim_end_matches('\r')
                .to_owned();
            if out.blocking_send(line).is_err() {
                return;
            }
        }
    };
    if let Err(error) = std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(read)
    {
        tracing::warn!(%error, "cannot read from stdin");
    }
    lines
}
