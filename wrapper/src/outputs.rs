//! The files that a call writes: nothing but a regular file may be replaced or removed, and where
//! something else is in the place of one, sccache, which does both, is not asked.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;

use crate::arguments::{CcCall, RustcCall};
use crate::seal::Subject;

/// What sccache writes for a call of rustc's.
pub fn of_rustc(call: &RustcCall, arguments: &[OsString]) -> Vec<PathBuf> {
    let subject = Subject::rustc(arguments);
    let places = subject.iter().flat_map(Subject::places).map(Path::to_owned);
    let dependencies = call.dependencies();
    places.chain(dependencies).collect()
}

/// What it writes for a call of a C or C++ compiler's.
pub fn of_cc(call: &CcCall, arguments: &[OsString]) -> Vec<PathBuf> {
    let subject = Subject::cc(arguments);
    let objects: Vec<_> = subject.iter().flat_map(Subject::places).collect();
    let endings = ["dwo"].into_iter().chain(call.writes_rules.then_some("d"));
    let beside = endings.flat_map(|ending| objects.iter().map(move |it| it.with_extension(ending)));
    let rules = call.rules.as_ref().map(PathBuf::from);
    let objects = objects.iter().map(|object| object.to_path_buf());
    objects.chain(beside).chain(rules).collect()
}

/// The first of these places at which there is something else than a regular file: a device, a pipe, a
/// directory, a link to whatever.
pub fn irregular(places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    places
        .into_iter()
        .find(|place| fs::symlink_metadata(place).is_ok_and(|found| !found.is_file()))
}

/// Gives objects the mode that a compiler gives them here: sccache gives them that of whoever stored
/// them, who may have kept them to himself.
pub fn give_usual_mode<'a>(objects: impl Iterator<Item = &'a Path>) {
    let hidden = umask(Mode::empty());
    umask(hidden);
    let usual = 0o666 & !hidden.as_raw_mode();
    for object in objects {
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
