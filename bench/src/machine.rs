//! On what and when it was measured.

use std::fs;
use std::process::Command;
use std::thread;

use serde::Serialize;

/// What a reader has to know of the machine.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) kernel: String,
    /// Processes that wanted to run in the last minute before the start, on average.
    pub(crate) load_before: Option<f64>,
}

impl Machine {
    pub(crate) fn look() -> Self {
        Self {
            cores: thread::available_parallelism().map_or(1, usize::from),
            cpu: cpu().unwrap_or_else(|| "unknown".to_owned()),
            kernel: says("uname", &["-srm"]).unwrap_or_else(|| "unknown".to_owned()),
            load_before: load(),
        }
    }
}

/// Now, to the minute, UTC.
pub(crate) fn date() -> String {
    says("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_else(|| "unknown".to_owned())
}

fn cpu() -> Option<String> {
    match fs::read_to_string("/proc/cpuinfo") {
        Ok(text) => cpu_of(&text),
        Err(_) => says("sysctl", &["-n", "machdep.cpu.brand_string"]),
    }
}

fn cpu_of(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The load of the last minute; `None` where the system has no such file.
fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn says(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_by_its_model() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n";
        assert_eq!(cpu_of(text).as_deref(), Some("Some CPU @ 2 GHz"));
        assert_eq!(cpu_of("processor: 0"), None);
    }
}
