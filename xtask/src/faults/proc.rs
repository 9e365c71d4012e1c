//! What Linux knows of a process: memory it holds and bytes it has written.

use std::fs;

/// Bytes of memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) now: u64,
    /// Resident at most since the process started.
    pub(crate) peak: u64,
}

/// None once the process has ended.
pub(crate) fn memory(pid: u32) -> Option<Memory> {
    parse_memory(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Bytes given to `write` and its like on files and pipes, not on sockets. Known until the process
/// is reaped, so also of one that was killed.
pub(crate) fn written_bytes(pid: u32) -> Option<u64> {
    parse_written(&fs::read_to_string(format!("/proc/{pid}/io")).ok()?)
}

fn parse_memory(status: &str) -> Option<Memory> {
    let kib = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some(Memory {
        now: kib("VmRSS:")? * 1024,
        peak: kib("VmHWM:")? * 1024,
    })
}

fn parse_written(io: &str) -> Option<u64> {
    let line = io.lines().find_map(|line| line.strip_prefix("wchar:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_kibibytes() {
        let status = "Name:\tparlor\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t4\n";
        let memory = parse_memory(status).unwrap();
        assert_eq!((memory.now, memory.peak), (1024 * 1024, 2048 * 1024));
    }

    #[test]
    fn a_process_that_ended_has_no_memory() {
        assert_eq!(parse_memory("Name:\tparlor\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn written_bytes_are_those_of_calls() {
        let io = "rchar: 1\nwchar: 77\nsyscr: 2\nwrite_bytes: 4096\n";
        assert_eq!(parse_written(io), Some(77));
    }
}
