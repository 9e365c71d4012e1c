//! Copies of files where the person wants them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{PlatformError, words};

/// Names that are tried for one file: `photo.jpg`, `photo (2).jpg`, and so on.
const NAMES_MAX: u32 = 1000;

/// Asks where one file goes and what it is called there, or into which folder several go.
pub(super) async fn save(title: String, paths: Vec<PathBuf>) -> Result<bool, PlatformError> {
    let dialog = rfd::AsyncFileDialog::new().set_title(&title);
    let copying: Box<dyn FnOnce() -> io::Result<()> + Send> = if let [path] = &paths[..] {
        let from = path.clone();
        let name = from.file_name().unwrap_or_default().to_string_lossy();
        let Some(to) = dialog.set_file_name(name).save_file().await else {
            return Ok(false);
        };
        // The dialog asked whether a file that is there may go.
        Box::new(move || copy_over(&from, to.path()))
    } else {
        let Some(folder) = dialog.pick_folder().await else {
            return Ok(false);
        };
        Box::new(move || {
            paths
                .iter()
                .try_for_each(|from| copy_into(from, folder.path()))
        })
    };
    match tokio::task::spawn_blocking(copying).await {
        Ok(copied) => copied.map(|()| true).map_err(words),
        Err(error) => Err(words(error)),
    }
}

/// Copies a file to where another one may be. Copying a file onto itself would empty it.
fn copy_over(from: &Path, to: &Path) -> io::Result<()> {
    let is_itself = match (fs::canonicalize(from), fs::canonicalize(to)) {
        (Ok(from), Ok(to)) => from == to,
        _ => false,
    };
    if is_itself {
        return Ok(());
    }
    fs::copy(from, to).map(drop)
}

/// Copies a file into a folder, never over another one.
fn copy_into(from: &Path, folder: &Path) -> io::Result<()> {
    let (to, mut file) = new_file(from, folder)?;
    let copied = File::open(from).and_then(|mut from| io::copy(&mut from, &mut file));
    if let Err(error) = copied {
        // Half a file is worse than none.
        let _ = fs::remove_file(to);
        return Err(error);
    }
    Ok(())
}

fn new_file(from: &Path, folder: &Path) -> io::Result<(PathBuf, File)> {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_owned();
    let (stem, end) = (part(from.file_stem()), part(from.extension()));
    let mut name = part(from.file_name());
    for count in 2..NAMES_MAX {
        let to = folder.join(&name);
        match OpenOptions::new().write(true).create_new(true).open(&to) {
            Ok(file) => return Ok((to, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                name.clone_from(&stem);
                name.push(format!(" ({count})"));
                if !end.is_empty() {
                    name.push(".");
                    name.push(&end);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_never_goes_over_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("photo.jpg");
        fs::write(&from, "new").unwrap();
        let to = tempfile::tempdir().unwrap();
        fs::write(to.path().join("photo.jpg"), "old").unwrap();
        copy_into(&from, to.path()).unwrap();
        let read = |name: &str| fs::read_to_string(to.path().join(name)).unwrap();
        assert_eq!(read("photo.jpg"), "old");
        assert_eq!(read("photo (2).jpg"), "new");
    }

    #[test]
    fn a_copy_onto_itself_leaves_the_file_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("photo.jpg");
        fs::write(&file, "all of it").unwrap();
        copy_over(&file, &file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "all of it");
    }
}
