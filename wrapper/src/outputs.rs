//! Looks after the files that a call writes: nothing but a regular file may be replaced or removed, and where
//! something else is in the place of one, sccache, which does both, is not asked.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;

/// The first of these places at which there is something else than a regular file: a device, a pipe, a
/// directory, a link to whatever.
pub fn irregular(places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    places
        .into_iter()
        .find(|place| fs::symlink_metadata(place).is_ok_and(|found| !found.is_file()))
}

/// Gives objects the mode that a compiler gives them here: sccache gives them that of whoever stored
/// them, who may have kept them to himself.
pub fn give_usual_mode(objects: &[(&str, PathBuf)]) {
    let hidden = umask(Mode::empty());
    umask(hidden);
    let usual = 0o666 & !hidden.as_raw_mode();
    for (_, object) in objects {
        fs::set_permissions(object, Permissions::from_mode(usual)).ok();
    }
}

/// Removes those that are regular files.
pub fn remove<'a>(places: impl Iterator<Item = &'a Path>) {
    for place in places {
        if fs::symlink_metadata(place).is_ok_and(|found| found.is_file()) {
            fs::remove_file(place).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn regular_files_alone_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, directory, absent] =
            ["file", "link", "directory", "absent"].map(|name| folder.path().join(name));
        fs::write(&file, "").unwrap();
        symlink(&file, &link).unwrap();
        fs::create_dir(&directory).unwrap();
        assert_eq!(irregular([absent.clone(), file.clone()]), None);
        for other in [&link, &directory, &PathBuf::from("/dev/null")] {
            assert_eq!(
                irregular([file.clone(), other.clone()]).as_ref(),
                Some(other)
            );
        }
        remove([file.as_path(), &link, &directory, &absent].into_iter());
        assert!(!file.exists() && link.is_symlink() && directory.is_dir());
    }
}
