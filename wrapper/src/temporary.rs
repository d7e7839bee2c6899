//! Makes directories and files of names that nobody else has, for as long as they are needed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Another name is tried where one is taken, so many times: names are of 64 random bits.
const TRIES: usize = 100;

/// A directory that nobody else may read; it goes with this.
#[derive(Debug)]
pub struct TemporaryDirectory(Option<PathBuf>);

impl TemporaryDirectory {
    /// Makes one, whose name begins like this.
    pub fn new_in(parent: &Path, prefix: &str) -> io::Result<Self> {
        let make = |path: &Path| DirBuilder::new().mode(0o700).create(path);
        unique(parent, prefix, make).map(|(path, ())| Self(Some(path)))
    }

    /// Makes one that is called as rustc calls its own.
    pub fn as_rustcs(parent: &Path) -> io::Result<Self> {
        let random = || RandomState::new().hash_one(parent) & 0xff_ffff;
        let path = parent.join(format!("rustc{:06x}", random()));
        DirBuilder::new().recursive(true).create(parent)?;
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(Some(path)))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    /// Leaves it where it is.
    pub fn keep(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            fs::remove_dir_all(path).ok();
        }
    }
}

/// A file that nobody else may read, to be written and then to take another's place; else it goes with this.
#[derive(Debug)]
pub struct TemporaryFile {
    path: PathBuf,
    file: File,
}

impl TemporaryFile {
    /// Makes one.
    pub fn new_in(parent: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let (path, file) = unique(parent, ".tmp", |path| options.open(path))?;
        Ok(Self { path, file })
    }

    /// The open file.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts it in another's place, in one step.
    pub fn persist(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // It is not there any more where it has another's place.
        fs::remove_file(&self.path).ok();
    }
}

fn unique<T>(
    parent: &Path,
    prefix: &str,
    mut make: impl FnMut(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    let mut tried = 0;
    loop {
        let random = RandomState::new().hash_one(tried);
        let path = parent.join(format!("{prefix}{random:016x}"));
        match make(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tried < TRIES => {
                tried += 1;
            }
            made => return made.map(|made| (path, made)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_not_kept_goes() {
        let parent = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(parent.path()).unwrap().count();
        let [gone, kept] =
            ["a-", "b-"].map(|prefix| TemporaryDirectory::new_in(parent.path(), prefix).unwrap());
        fs::write(gone.path().join("file"), "").unwrap();
        drop(gone);
        let kept = kept.keep();
        assert!(kept.is_dir() && names() == 1);

        drop(TemporaryFile::new_in(&kept).unwrap());
        let mut file = TemporaryFile::new_in(&kept).unwrap();
        file.file().write_all(b"text").unwrap();
        file.persist(&kept.join("file")).unwrap();
        assert_eq!(fs::read(kept.join("file")).unwrap(), b"text");
        assert_eq!(fs::read_dir(&kept).unwrap().count(), 1);
        assert!(TemporaryFile::new_in(&kept.join("none")).is_err());
    }
}
