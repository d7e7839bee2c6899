//! Puts real paths into what leaves the build: its outputs, when it is done.
//!
//! What links, and what rustc writes for people, got its real paths when it was made. But a build may
//! install what it likes: the `.rlib` of a library of its own, say, or what rustdoc says of where an
//! item is. So at the end each file of the outputs is looked at.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use memchr::memmem;

use super::mirror;
use super::root::Root;
use crate::session;
use crate::store;

/// By which cargo marks the directory that it builds in. Where that is handed to another derivation, as
/// crane's is, crates there go on with the paths that they were compiled by.
const CARGOS: &str = "CACHEDIR.TAG";

/// What that file begins with, <https://bford.info/cachedir/>.
const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Puts real paths into all files of the outputs.
pub fn put_real_paths() -> io::Result<()> {
    if !session::in_sandbox() {
        return Ok(());
    }
    let roots = mirror::claimed();
    if roots.is_empty() {
        return Ok(());
    }
    store::outputs()
        .iter()
        .try_for_each(|output| visit(Path::new(output), &roots))
}

fn visit(path: &Path, roots: &[Root]) -> io::Result<()> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Ok(());
    };
    if metadata.is_file() {
        return put(path, &metadata, roots);
    }
    if !metadata.is_dir() || path.join(CARGOS).exists() {
        return Ok(());
    }
    fs::read_dir(path)?.try_for_each(|entry| visit(&entry?.path(), roots))
}

/// Writes into the file itself, of which there may be several names, and leaves its time and its mode
/// as they are.
fn put(path: &Path, metadata: &fs::Metadata, roots: &[Root]) -> io::Result<()> {
    let bytes = fs::read(path)?;
    if is_tar(&bytes) && memmem::find(&bytes, SIGNATURE).is_some() {
        return Ok(());
    }
    let places: Vec<_> = roots
        .iter()
        .flat_map(|root| memmem::find_iter(&bytes, &root.stable).map(|at| (at, &root.real)))
        .collect();
    if places.is_empty() {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    fs::set_permissions(path, Permissions::from_mode(mode | 0o200))?;
    let file = File::options().write(true).open(path)?;
    for (at, real) in places {
        // Of the same length.
        file.write_all_at(real, at as u64)?;
    }
    file.set_modified(metadata.modified()?)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Whether these are the bytes of a tape archive (POSIX, `pax`).
fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn files_that_leave_have_real_paths() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let roots = [Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap()];
        let stable = [b"\0(", roots[0].stable.as_slice(), b"/x)", &roots[0].stable].concat();
        let real = [b"\0(", roots[0].real.as_slice(), b"/x)", &roots[0].real].concat();
        let names = ["a.rlib", "lib/b", "target/c", "elsewhere"];
        for name in names {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), &stable).unwrap();
        }
        let tar = [&[0; 257][..], b"ustar", SIGNATURE, &stable].concat();
        fs::write(at("target.tar"), &tar).unwrap();
        fs::write(at("target").join(CARGOS), "").unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        File::open(at("a.rlib"))
            .unwrap()
            .set_modified(time)
            .unwrap();
        fs::set_permissions(at("a.rlib"), Permissions::from_mode(0o444)).unwrap();
        fs::hard_link(at("a.rlib"), at("another")).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("d"), &stable).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), at("lib/link")).unwrap();

        visit(directory.path(), &roots).unwrap();
        for (file, expected) in [
            (at("a.rlib"), &real),
            (at("another"), &real),
            (at("lib/b"), &real),
            (at("elsewhere"), &real),
            (at("target/c"), &stable),
            (at("target.tar"), &tar),
            (elsewhere.path().join("d"), &stable),
        ] {
            assert_eq!(&fs::read(&file).unwrap(), expected, "{}", file.display());
        }
        let metadata = fs::metadata(at("a.rlib")).unwrap();
        assert_eq!(metadata.modified().unwrap(), time);
        assert_eq!(metadata.permissions().mode() & 0o777, 0o444);
        visit(&at("absent"), &roots).unwrap();
    }
}
