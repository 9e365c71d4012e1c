//! Disks of a chosen size, for whoever may mount them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::FaultError;

/// A mounted volume; unmounted when it is dropped.
#[derive(Debug)]
pub(crate) struct Volume {
    at: PathBuf,
    /// Compressed memory that is given back afterwards.
    device: Option<String>,
}

/// Why there is no volume.
#[derive(Debug)]
pub(crate) enum VolumeError {
    /// This machine or person cannot have one.
    NotHere(String),
    Fault(FaultError),
}

impl From<FaultError> for VolumeError {
    fn from(error: FaultError) -> Self {
        Self::Fault(error)
    }
}

impl Volume {
    /// In memory, at most so large.
    pub(crate) fn in_memory(at: &Path, size_bytes: u64) -> Result<Self, VolumeError> {
        need_root()?;
        make_folder(at)?;
        let size = format!("size={size_bytes}");
        tool(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", &size, "parlor-faults"])
                .arg(at),
        )?;
        Ok(Self {
            at: at.to_owned(),
            device: None,
        })
    }

    /// Of ext4, for a file of zeros: in an image file if the disk has the room, because zeros that
    /// are written take it; otherwise in compressed memory, where they take none.
    pub(crate) fn sparse(image: &Path, at: &Path, size_bytes: u64) -> Result<Self, VolumeError> {
        need_root()?;
        make_folder(at)?;
        let stat = rustix::fs::statvfs(at).map_err(|error| {
            let source = std::io::Error::from(error);
            FaultError::io(at.display().to_string())(source)
        })?;
        let has_room = stat.f_bavail.saturating_mul(stat.f_frsize) > size_bytes;
        let (device, on) = if has_room {
            let made = File::create(image).and_then(|file| file.set_len(size_bytes));
            made.map_err(FaultError::io(image.display().to_string()))?;
            (None, image.display().to_string())
        } else {
            let size = size_bytes.to_string();
            let found = tool(Command::new("zramctl").args(["--find", "--size", &size]));
            let device = found.map_err(|error| match error {
                VolumeError::NotHere(why) => {
                    VolumeError::NotHere(format!("the disk has no room for it, and {why}"))
                }
                fault @ VolumeError::Fault(_) => fault,
            })?;
            (Some(device.clone()), device)
        };
        // From here on, dropping it gives the device back.
        let volume = Self {
            at: at.to_owned(),
            device,
        };
        tool(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0", &on]))?;
        let how = if volume.device.is_some() {
            "rw"
        } else {
            "loop"
        };
        tool(Command::new("mount").args(["-o", how, &on]).arg(at))?;
        Ok(volume)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.at
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // What fails here is seen on the terminal, and there is nothing else to be done.
        let _ = tool(Command::new("umount").arg(&self.at)).map_err(say);
        if let Some(device) = &self.device {
            let _ = tool(Command::new("zramctl").args(["--reset", device])).map_err(say);
        }
    }
}

fn say(error: VolumeError) {
    match error {
        VolumeError::NotHere(why) => eprintln!("{why}"),
        VolumeError::Fault(error) => eprintln!("{error}"),
    }
}

fn need_root() -> Result<(), VolumeError> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(VolumeError::NotHere("only root can mount it".to_owned()))
}

fn make_folder(at: &Path) -> Result<(), FaultError> {
    fs::create_dir(at).map_err(FaultError::io(at.display().to_string()))
}

/// Runs a tool of the system; gives what it prints.
fn tool(command: &mut Command) -> Result<String, VolumeError> {
    let title = crate::shell::describe(command);
    let output = command.output();
    let output = output.map_err(|error| VolumeError::NotHere(format!("{title}: {error}")))?;
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(text.trim().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(VolumeError::NotHere(format!("{title}: {}", text.trim())))
}
