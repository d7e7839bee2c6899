//! Lists what a build script left in its directory, and puts it there again: files, which entries have, and what they have not,
//! directories, links and permissions.

use std::ffi::OsStr;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use nix_sccache_cache::trace::Output;
use rustix::fs::Mode;
use rustix::process::umask;

/// What is in a directory.
#[derive(Debug, Default)]
pub struct Tree {
    /// Its files.
    pub files: Vec<Output>,
    /// The rest, as text: three fields for each, `d`, `l` or `m`, the path (none for the directory itself), and for a link where it leads, for what has other
    /// permissions than what is made new has these; each field ends in NUL.
    rest: Vec<u8>,
}

impl Tree {
    /// Lists a directory. Fails with a path of what no entry can hold.
    pub fn list(directory: &Path) -> Result<Self, PathBuf> {
        let mut tree = Self::default();
        let found = fs::metadata(directory).map_err(|_| directory.to_owned())?;
        // What is made in such a directory is another, too.
        let inherited = found.permissions().mode() & 0o2000;
        let usual = inherited | 0o777 & !usual_mask();
        tree.add(directory, directory, usual)?;
        tree.put_mode(b"", &found, usual);
        tree.files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(tree)
    }

    fn add(&mut self, root: &Path, directory: &Path, usual: u32) -> Result<(), PathBuf> {
        let failed = |_| directory.to_owned();
        let entries = fs::read_dir(directory).map_err(failed)?;
        let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let refused = |_| path.clone();
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .as_os_str()
                .as_bytes();
            let found = entry.metadata().map_err(refused)?;
            if found.is_symlink() {
                let target = fs::read_link(&path).map_err(refused)?;
                if !stays_inside(&target) {
                    return Err(path);
                }
                self.put(b"l", name, target.as_os_str().as_bytes());
            } else if found.is_dir() {
                self.put(b"d", name, b"");
                self.add(root, &path, usual)?;
                self.put_mode(name, &found, usual);
            // One with another name, of which nobody knows what will be done to it.
            } else if found.is_file() && found.nlink() == 1 {
                let all = if found.permissions().mode() & 0o100 == 0 {
                    0o666
                } else {
                    0o777
                };
                self.put_mode(name, &found, all & usual);
                self.files.push(Output {
                    directory: 0,
                    name: name.to_vec(),
                    path,
                });
            } else {
                return Err(path);
            }
        }
        Ok(())
    }

    fn put(&mut self, kind: &[u8], name: &[u8], value: &[u8]) {
        for field in [kind, name, value] {
            self.rest.extend_from_slice(field);
            self.rest.push(0);
        }
    }

    fn put_mode(&mut self, name: &[u8], found: &Metadata, usual: u32) {
        let mode = found.permissions().mode() & 0o7777;
        if mode != usual {
            self.put(b"m", name, format!("{mode:o}").as_bytes());
        }
    }

    /// What an entry has as what was printed: the rest, and then that.
    pub fn with_printed(&self, printed: &[u8]) -> Vec<u8> {
        [&self.rest, &b"\0"[..], printed].concat()
    }
}

/// What is no file of a tree: its kind, its path, and more.
pub type Rest<'a> = [&'a [u8]; 3];

/// Splits what [`Tree::with_printed`] has put together. Nothing where it is none of that.
pub fn split_printed(text: &[u8]) -> Option<(Vec<Rest<'_>>, &[u8])> {
    let (mut rest, mut tree) = (text, Vec::new());
    loop {
        if let Some(printed) = rest.strip_prefix(b"\0") {
            return Some((tree, printed));
        }
        let mut fields = [&b""[..]; 3];
        for into in &mut fields {
            let end = rest.iter().position(|byte| *byte == 0)?;
            (*into, rest) = (rest.get(..end)?, rest.get(end + 1..)?);
        }
        tree.push(fields);
    }
}

/// Makes the directories and links of a tree, and gives what is there its permissions, when the files are in place.
pub fn restore(directory: &Path, tree: &[Rest]) -> io::Result<()> {
    for [kind, name, value] in tree {
        let name = Path::new(OsStr::from_bytes(name));
        let value = Path::new(OsStr::from_bytes(value));
        let is_inside = name
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let path = directory.join(name);
        match *kind {
            _ if !is_inside => return Err(io::ErrorKind::InvalidData.into()),
            b"d" if path.is_dir() => {}
            b"d" => fs::create_dir(&path)?,
            b"l" if stays_inside(value) && path != directory => symlink(value, &path)?,
            b"m" => {
                let mode = value
                    .to_str()
                    .and_then(|mode| u32::from_str_radix(mode, 8).ok());
                let mode = mode.ok_or(io::ErrorKind::InvalidData)?;
                // Not through a link.
                if path.symlink_metadata()?.is_symlink() {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                fs::set_permissions(&path, Permissions::from_mode(mode & 0o7777))?;
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Ok(())
}

/// Removes all that is in a directory.
pub fn clear(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.symlink_metadata()?.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Whether a link leads to nothing above the directory that it is in.
fn stays_inside(target: &Path) -> bool {
    let mut parts = target.components();
    parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// The permissions that what this process makes does not get.
pub fn usual_mask() -> u32 {
    let mask = umask(Mode::empty());
    umask(mask);
    mask.bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_put_back() {
        let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        fs::create_dir_all(from.path().join("a/empty")).unwrap();
        fs::write(from.path().join("a/file"), "text").unwrap();
        fs::write(from.path().join("read-only"), "").unwrap();
        let mode = |mode| Permissions::from_mode(mode);
        fs::set_permissions(from.path().join("read-only"), mode(0o444)).unwrap();
        fs::set_permissions(from.path().join("a/empty"), mode(0o555)).unwrap();
        fs::set_permissions(from.path(), mode(0o750)).unwrap();
        symlink("a/file", from.path().join("link")).unwrap();
        let tree = Tree::list(from.path()).unwrap();
        let names: Vec<_> = tree.files.iter().map(|file| &file.name[..]).collect();
        assert_eq!(names, [b"a/file".as_slice(), b"read-only"]);
        let text = tree.with_printed(b"d\0printed");
        let (rest, printed) = split_printed(&text).unwrap();
        assert_eq!(printed, b"d\0printed");
        fs::create_dir(to.path().join("a")).unwrap();
        for file in &tree.files {
            let to = to.path().join(OsStr::from_bytes(&file.name));
            fs::copy(&file.path, to).unwrap();
        }
        restore(to.path(), &rest).unwrap();
        assert_eq!(Tree::list(to.path()).unwrap().rest, tree.rest);
        clear(to.path()).unwrap();
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_made_elsewhere() {
        let directory = tempfile::tempdir().unwrap();
        for entry in [
            [&b"d"[..], b"../a", b""],
            [b"d", b"/tmp/nix-sccache-a", b""],
            [b"l", b"a", b"/etc"],
            [b"l", b"a", b"b/../../c"],
            [b"l", b"", b"a"],
            [b"m", b"..", b"777"],
            [b"x", b"a", b""],
        ] {
            assert!(restore(directory.path(), &[entry]).is_err(), "{entry:?}");
        }
        for make in [
            |path: &Path| symlink("/etc", path.join("etc")).unwrap(),
            |path: &Path| {
                fs::write(path.join("one"), "").unwrap();
                fs::hard_link(path.join("one"), path.join("two")).unwrap();
            },
        ] {
            make(directory.path());
            assert!(Tree::list(directory.path()).is_err());
            clear(directory.path()).unwrap();
        }
        for text in ["", "d", "d\0a", "d\0a\0", "d\0a\0b\0"] {
            assert!(split_printed(text.as_bytes()).is_none(), "{text:?}");
        }
    }
}
