//! Makes stable paths exist.
//!
//! A compiler's working directory is a physical path: so the directories of vendored crates are real
//! directories, and what is in them are links to what is in the crates. What is a link already, as
//! all is under crane's root, stays one: there the physical path is another, and no matter of ours.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::root::{Role, Root};
use crate::temporary::TemporaryDirectory;

/// The link in a stable directory that tells which root it stands for.
const CLAIM: &str = ".nix-sccache-root";

/// How many directories a crate is below its root, at most.
const MAX_DEPTH: usize = 4;

/// Makes the stable path of a root exist; whether it is now that root's: of two roots with one
/// stable path, the first has it.
pub fn provide(root: &Root) -> io::Result<bool> {
    let (real, stable) = (root.real(), root.stable());
    if claim(&stable).is_none() {
        match root.role {
            Role::Build => symlink(&real, &stable).or_else(unless_there)?,
            Role::Vendored => make(&real, &stable)?,
        }
    }
    Ok(claim(&stable) == Some(real))
}

/// Whether a root is a directory of vendored crates, and not a package, with such a directory in it, as
/// rustc's own source is.
pub fn is_of_vendored_crates(root: &Root) -> bool {
    !root.real().join("Cargo.toml").exists()
}

/// Adds what has come into a crate's directory since.
pub fn refresh(real: &Path, stable: &Path) -> io::Result<()> {
    for entry in fs::read_dir(real)? {
        let entry = entry?;
        let link = stable.join(entry.file_name());
        if link.symlink_metadata().is_err() {
            symlink(entry.path(), link).or_else(unless_there)?;
        }
    }
    Ok(())
}

/// The roots that have a stable path here.
pub fn claimed() -> Vec<Root> {
    let entries = fs::read_dir("/tmp").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let stable = entry.path();
            let real = claim(&stable)?;
            [Root::vendored(&real), Root::of_build(&real)]
                .into_iter()
                .flatten()
                .find(|root| root.real() == real && root.stable() == stable)
        })
        .collect()
}

/// The real path that a stable one stands for.
fn claim(stable: &Path) -> Option<PathBuf> {
    fs::read_link(stable.join(CLAIM))
        .or_else(|_| fs::read_link(stable))
        .ok()
}

/// Makes a directory in one step, so that whoever sees it sees all of it.
fn make(real: &Path, stable: &Path) -> io::Result<()> {
    let parent = stable.parent().unwrap_or(Path::new("/tmp"));
    let directory = TemporaryDirectory::new_in(parent, "nix-sccache-root-")?;
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
    fill(real, directory.path(), 0)?;
    symlink(real, directory.path().join(CLAIM))?;
    // Where somebody else was first, ours is removed.
    fs::rename(directory.path(), stable)
        .map(|()| drop(directory.keep()))
        .or_else(unless_there)
}

fn fill(real: &Path, stable: &Path, depth: usize) -> io::Result<()> {
    let is_crate = real.join("Cargo.toml").exists();
    for entry in fs::read_dir(real)? {
        let entry = entry?;
        let place = stable.join(entry.file_name());
        if entry.file_type()?.is_dir() && !is_crate && depth < MAX_DEPTH {
            fs::create_dir(&place)?;
            fill(&entry.path(), &place, depth + 1)?;
        } else {
            symlink(entry.path(), place)?;
        }
    }
    Ok(())
}

fn unless_there(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => Ok(()),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    fn root(directory: &Path, real: &str, role: Role) -> Root {
        let bytes = |name: &str| directory.join(name).as_os_str().as_bytes().to_vec();
        Root {
            real: bytes(real),
            stable: bytes("stable"),
            role,
        }
    }

    #[test]
    fn crates_are_real_folders_of_links() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        for name in ["real/registry/a/src", "real/.cargo", "elsewhere/b"] {
            fs::create_dir_all(path.join(name)).unwrap();
        }
        fs::write(path.join("real/registry/a/Cargo.toml"), "").unwrap();
        fs::write(path.join("real/registry/a/src/lib.rs"), "text").unwrap();
        symlink(path.join("elsewhere/b"), path.join("real/registry/b")).unwrap();
        let root = root(path, "real", Role::Vendored);
        assert!(is_of_vendored_crates(&root));
        assert!(provide(&root).unwrap());
        assert!(provide(&root).unwrap());
        let stable = path.join("stable/registry");
        assert_eq!(stable.join("a").canonicalize().unwrap(), stable.join("a"));
        assert_eq!(
            fs::read_to_string(stable.join("a/src/lib.rs")).unwrap(),
            "text"
        );
        assert_eq!(
            stable.join("b").canonicalize().unwrap(),
            path.join("elsewhere/b")
        );

        fs::write(path.join("real/registry/a/new"), "").unwrap();
        refresh(&path.join("real/registry/a"), &stable.join("a")).unwrap();
        assert!(stable.join("a/new").exists());

        // No directory is left over.
        assert_eq!(fs::read_dir(path).unwrap().count(), 3);
    }

    #[test]
    fn the_first_root_has_the_path() {
        let directory = tempfile::tempdir().unwrap();
        for role in [Role::Vendored, Role::Build] {
            let path = directory.path().join(format!("{role:?}"));
            fs::create_dir_all(path.join("one")).unwrap();
            fs::create_dir_all(path.join("other")).unwrap();
            assert!(provide(&root(&path, "one", role)).unwrap());
            assert!(!provide(&root(&path, "other", role)).unwrap());
        }
    }
}
