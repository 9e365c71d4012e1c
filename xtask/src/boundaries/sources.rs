//! What a single file may hold.

use super::Crossing;

/// A longer file is several files.
const FILE_MAX_LINES: usize = 500;

/// Endings of files that people write and read as code.
const CODE: [&str; 8] = [".rs", ".kt", ".swift", ".js", ".ts", ".css", ".sh", ".py"];

/// Folders of somebody's machine that mean nothing on another one.
const MACHINE_PATHS: [&str; 2] = ["/work/", "/root/"];

/// What makes a queue without a bound, by the names it has in the usual crates.
const UNBOUNDED: [&str; 6] = [
    "unbounded_channel",
    "unbounded(",
    "unbounded::<",
    "UnboundedSender",
    "UnboundedReceiver",
    "mpsc::channel()",
];

/// What asks for the time or waits.
const CLOCKS: [&str; 3] = ["Instant::now", "SystemTime::now", "thread::sleep"];

/// Code that is told the time, and so can be run in simulated time.
const TIMELESS: [&str; 5] = [
    "app/model/src/",
    "core/engine/src/",
    "core/photo/src/",
    "core/proto/src/",
    "signaling/src/hub",
];

/// The transport's crates.
const TRANSPORT: [&str; 2] = ["webrtc", "rtc"];

/// Where they may be named: one module of core, and benchmarks that measure them by themselves.
const TRANSPORT_HOME: [&str; 2] = ["core/src/rtc", "bench/"];

/// What people look at and touch: it knows the app's model and nothing of the core.
const VIEWS: [&str; 3] = ["app/src/component", "app/src/screen", "app/src/sheet"];

/// The core, by its name in code.
const CORE: &str = "parlor_core";

/// This check names what it refuses.
const OWN_FOLDER: &str = "xtask/src/boundaries/";

/// Everything that is wrong with one file.
pub(super) fn check(path: &str, text: &str) -> Vec<Crossing> {
    let mut crossings: Vec<Crossing> = check_length(path, text).into_iter().collect();
    if path.starts_with(OWN_FOLDER) {
        return crossings;
    }
    let shadowed: Vec<&str> = TRANSPORT
        .into_iter()
        .filter(|name| imports_own_module(text, name))
        .collect();
    for (index, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", index.saturating_add(1));
        let rules = check_line(path, line, &shadowed).into_iter();
        crossings.extend(rules.map(|rule| Crossing {
            place: place.clone(),
            rule,
        }));
    }
    crossings
}

fn check_length(path: &str, text: &str) -> Option<Crossing> {
    let is_code = CODE.iter().any(|ending| path.ends_with(ending));
    let lines = text.lines().count();
    (is_code && lines > FILE_MAX_LINES).then(|| Crossing {
        place: path.to_owned(),
        rule: format!("{lines} lines, more than {FILE_MAX_LINES}: split it by topic"),
    })
}

fn check_line(path: &str, line: &str, shadowed: &[&str]) -> Vec<String> {
    let mut rules = Vec::new();
    if let Some(found) = MACHINE_PATHS
        .iter()
        .find(|found| names_machine_path(line, found))
    {
        rules.push(format!("`{found}` is a folder of one machine"));
    }
    if !path.ends_with(".rs") {
        return rules;
    }
    // Prose may say what code may not do.
    let code = line.split("//").next().unwrap_or_default();
    if let Some(found) = UNBOUNDED.iter().find(|found| code.contains(**found)) {
        rules.push(format!("`{found}`: every queue has a bound"));
    }
    let is_timeless = TIMELESS.iter().any(|start| path.starts_with(start));
    if let Some(found) = CLOCKS
        .iter()
        .find(|found| is_timeless && code.contains(**found))
    {
        rules.push(format!(
            "`{found}`: this code is told the time and never waits"
        ));
    }
    let is_view = VIEWS.iter().any(|start| path.starts_with(start));
    if is_view && code.contains(CORE) {
        rules.push(format!("`{CORE}`: a view talks to the bridge alone"));
    }
    let is_home = TRANSPORT_HOME.iter().any(|start| path.starts_with(start));
    if let Some(found) = TRANSPORT
        .iter()
        .find(|found| !is_home && names_crate(code, found, shadowed.contains(found)))
    {
        rules.push(format!(
            "the crate `{found}` is used in core/src/rtc alone (our own module is `crate::rtc`)"
        ));
    }
    rules
}

/// A path from the root; `example.org/work/` and `../root/` are something else.
fn names_machine_path(line: &str, folder: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || "._-/~$}*".contains(c);
    line.match_indices(folder)
        .any(|(at, _)| !before(line, at).ends_with(continues))
}

/// Whether `name::…` means a module of ours in this file, because the file imports one.
fn imports_own_module(text: &str, name: &str) -> bool {
    let imports = [
        format!("use crate::{name};"),
        format!("use crate::{name}::{{self"),
    ];
    imports.iter().any(|import| text.contains(import))
}

/// `webrtc::…`, `use webrtc…` or `extern crate webrtc`, but not `crate::rtc::…`. Where a module
/// of ours has the crate's name, only `::rtc` and the two statements can mean the crate.
fn names_crate(code: &str, name: &str, is_shadowed: bool) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = before(code, at);
        let after = code
            .get(at.saturating_add(name.len())..)
            .unwrap_or_default();
        let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_imported = before.ends_with("use ") || before.ends_with("extern crate ");
        let is_global = before.ends_with("::") && is_global_path(before);
        let is_plain = !before.ends_with("::") && !is_shadowed;
        is_word && (is_imported || (after.starts_with("::") && (is_global || is_plain)))
    })
}

/// `::webrtc` names the crate, `crate::rtc` and `Kind::<T>::rtc` do not.
fn is_global_path(before: &str) -> bool {
    let start = before.strip_suffix("::").unwrap_or(before);
    !start.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>')
}

fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> usize {
        check(path, text).len()
    }

    #[test]
    fn a_long_file_is_refused_by_name() {
        let text = "x\n".repeat(501);
        let crossings = check("core/src/room.rs", &text);
        assert_eq!(crossings.len(), 1);
        let message = crossings
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(
            message.starts_with("core/src/room.rs: 501 lines"),
            "{message}"
        );
        assert_eq!(rules("core/src/room.rs", &"x\n".repeat(500)), 0);
        assert_eq!(rules("assets/words.txt", &text), 0);
        assert_eq!(rules("xtask/src/boundaries/sources.rs", &text), 1);
    }

    #[test]
    fn paths_of_one_machine_are_refused_in_any_file() {
        for line in [
            "/work/x",
            "see \"/root/.cargo\"",
            "cd /work/main",
            "--dir=/root/a",
            "(/work/)",
        ] {
            assert_eq!(rules("docs/a.md", line), 1, "{line}");
        }
        for line in [
            "https://example.org/work/",
            "../root/x",
            "$HOME/work/x",
            "a/root/b",
            "work/",
        ] {
            assert_eq!(rules("docs/a.md", line), 0, "{line}");
        }
    }

    #[test]
    fn a_view_of_the_app_does_not_name_the_core() {
        let line = "use parlor_core::room::Room;";
        assert_eq!(rules("app/src/screen/room.rs", line), 1);
        assert_eq!(rules("app/src/bridge/rooms.rs", line), 0);
    }

    #[test]
    fn queues_without_a_bound_are_refused() {
        for line in [
            "let (a, b) = mpsc::unbounded_channel();",
            "use futures_channel::mpsc::{unbounded, UnboundedSender};",
            "let (a, b) = flume::unbounded();",
            "let c = async_channel::unbounded::<u8>();",
            "let (a, b) = std::sync::mpsc::channel();",
        ] {
            assert_eq!(rules("cli/src/main.rs", line), 1, "{line}");
        }
        for line in [
            "// never unbounded_channel",
            "mpsc::channel(64)",
            "let unbounded = 1;",
        ] {
            assert_eq!(rules("cli/src/main.rs", line), 0, "{line}");
        }
        assert_eq!(rules("clippy.toml", "unbounded_channel"), 0);
    }

    #[test]
    fn clocks_are_refused_only_where_time_is_an_input() {
        for line in [
            "Instant::now()",
            "std::time::SystemTime::now()",
            "std::thread::sleep(d)",
        ] {
            for path in [
                "core/engine/src/peer/link.rs",
                "core/proto/src/id.rs",
                "signaling/src/hub.rs",
                "signaling/src/hub/room.rs",
            ] {
                assert_eq!(rules(path, line), 1, "{path} {line}");
            }
            assert_eq!(rules("core/src/clock.rs", line), 0);
            assert_eq!(rules("signaling/src/ws.rs", line), 0);
        }
        assert_eq!(
            rules("core/engine/src/lib.rs", "/// Not `Instant::now()`."),
            0
        );
    }

    #[test]
    fn the_transport_is_named_in_one_module() {
        for line in [
            "use webrtc::peer_connection::RTCPeerConnection;",
            "use rtc::ice;",
            "let x = ::webrtc::new();",
            "extern crate rtc;",
            "use webrtc as w;",
            "fn f(x: &rtc::Thing)",
        ] {
            assert_eq!(rules("core/src/room.rs", line), 1, "{line}");
            assert_eq!(rules("core/src/rtc.rs", line), 0, "{line}");
            assert_eq!(rules("core/src/rtc/link.rs", line), 0, "{line}");
        }
        for line in [
            "use crate::rtc::RtcLink;",
            "// as webrtc::x",
            "mod rtc;",
            "my_rtc::x()",
        ] {
            assert_eq!(rules("core/src/room.rs", line), 0, "{line}");
        }
    }
}
