//! A directory that keeps entries.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};
use serde::Serialize;

use super::super::environment::{Environment, Place, is_writable_folder};
use super::super::page::Page;
use super::super::probe::{OF_A_PLACE, within};
use super::super::problem::Problem;

/// Less than this is soon full.
const LITTLE: u64 = 1 << 30;

/// How many of its folders are looked at. Sccache makes 16, each named by a digit.
const MOST: usize = 64;

/// A directory, as this user sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Directory {
    /// Where it is.
    pub path: PathBuf,
    /// What that is.
    #[serde(flatten)]
    pub found: Found,
}

/// What is at that place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Found {
    /// Nothing.
    Missing {
        /// Whether this user may make it.
        can_be_made: bool,
    },
    /// Something that is no directory.
    NotADirectory,
    /// A directory.
    Directory {
        /// Whether this user may make entries.
        writable: bool,
        /// How much more fits, in bytes, where that can be told.
        free: Option<u64>,
        /// A folder in it that this user may not use, as another user leaves it.
        closed: Option<PathBuf>,
    },
    /// A file system that does not answer.
    Silent,
}

/// Looks at it.
pub fn gather(path: PathBuf) -> Directory {
    let place = path.clone();
    let found = within(OF_A_PLACE, move || look(&place)).unwrap_or(Found::Silent);
    Directory { path, found }
}

fn look(path: &Path) -> Found {
    if path.is_dir() {
        return Found::Directory {
            writable: is_writable_folder(path),
            free: statvfs(path)
                .ok()
                .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            closed: closed(path),
        };
    }
    if path.exists() {
        return Found::NotADirectory;
    }
    let nearest = path.ancestors().skip(1).find(|folder| folder.exists());
    Found::Missing {
        can_be_made: nearest.is_some_and(is_writable_folder),
    }
}

fn closed(path: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(path).ok()?;
    entries
        .flatten()
        .take(MOST)
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .find(|path| access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err())
}

/// What is wrong with it.
pub fn judge(directory: &Directory, is_read_only: bool, environment: &Environment) -> Vec<Problem> {
    let path = directory.path.display();
    let user = environment.user;
    let (found, remedy) = match &directory.found {
        Found::Missing { can_be_made: true } if environment.place != Place::Sandbox => return Vec::new(),
        Found::Missing { .. } if environment.place == Place::Sandbox => (
            "is not there".to_owned(),
            format!("add `extra-sandbox-paths = {path}` to nix.conf on the host, or set SCCACHE_DIR"),
        ),
        Found::Missing { .. } => (
            format!("is not there, and user {user} may not make it"),
            "make it for that user, or set SCCACHE_DIR to another".to_owned(),
        ),
        Found::NotADirectory => (
            "is no directory".to_owned(),
            "set SCCACHE_DIR to one".to_owned(),
        ),
        Found::Silent => (
            format!("does not answer within {} s", OF_A_PLACE.as_secs()),
            "mount its file system again, or set SCCACHE_DIR to another".to_owned(),
        ),
        Found::Directory {
            writable: false, ..
        } if !is_read_only => (
            format!("may not be written to by user {user}"),
            "chown or chmod it, or set SCCACHE_DIR to another; build users of several numbers need the transport `server`"
                .to_owned(),
        ),
        Found::Directory { free, closed, .. } => return judge_contents(directory, *free, closed.as_deref(), user),
    };
    vec![Problem::fix(
        "directory-unusable",
        format!("the cache's directory, {path}, {found}"),
        remedy,
    )]
}

fn judge_contents(
    directory: &Directory,
    free: Option<u64>,
    closed: Option<&Path>,
    user: u32,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(closed) = closed {
        problems.push(Problem::fix(
            "entries-of-others",
            format!(
                "{} is closed to user {user}: another user wrote it, and sccache lets nobody else read its entries",
                closed.display()
            ),
            "take the transport `server` or `redis`, which serve every build user",
        ));
    }
    if let Some(free) = free.filter(|free| *free < LITTLE) {
        problems.push(Problem::note(
            "disk-nearly-full",
            format!(
                "{} has {} left on its disk",
                directory.path.display(),
                mebibytes(free)
            ),
            "make room, or set SCCACHE_CACHE_SIZE to what it may take",
        ));
    }
    problems
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// Shows it.
pub fn show(directory: &Directory, page: &mut Page) {
    page.row("directory", &directory.path.display().to_string());
    let found = match &directory.found {
        Found::Missing { can_be_made: true } => "not there yet".to_owned(),
        Found::Missing { .. } => "not there, and cannot be made".to_owned(),
        Found::NotADirectory => "no directory".to_owned(),
        Found::Silent => "its file system does not answer".to_owned(),
        Found::Directory {
            writable,
            free,
            closed,
        } => {
            let writable = if *writable {
                "writable"
            } else {
                "not writable"
            };
            let free = free.map_or_else(String::new, |free| format!(", {} free", mebibytes(free)));
            let closed = closed
                .as_ref()
                .map_or("", |_| ", with entries of another user");
            format!("{writable}{free}{closed}")
        }
    };
    page.row("", &found);
}

#[cfg(test)]
mod tests {
    use super::super::super::environment;
    use super::super::super::variables::Variables;
    use super::*;

    fn problems(found: Found, is_read_only: bool, place: Place) -> Vec<&'static str> {
        let directory = Directory {
            path: "/cache".into(),
            found,
        };
        let mut environment = environment::gather(&Variables::default(), None);
        environment.place = place;
        judge(&directory, is_read_only, &environment)
            .into_iter()
            .map(|problem| problem.name)
            .collect()
    }

    fn directory(writable: bool, free: u64, closed: Option<&str>) -> Found {
        Found::Directory {
            writable,
            free: Some(free),
            closed: closed.map(PathBuf::from),
        }
    }

    #[test]
    fn states_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| gather(folder.path().join(name)).found;
        fs::write(folder.path().join("file"), "").unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        assert_eq!(at("new/er"), Found::Missing { can_be_made: true });
        assert_eq!(at("file"), Found::NotADirectory);
        assert!(matches!(
            at("folder"),
            Found::Directory {
                writable: true,
                free: Some(_),
                closed: None
            }
        ));
        assert_eq!(
            gather("/dev/null/new".into()).found,
            Found::Missing { can_be_made: false }
        );
    }

    #[test]
    fn what_keeps_entries_out_is_told() {
        let gibibytes = 100 << 30;
        for (found, read_only, place, names) in [
            (
                Found::Missing { can_be_made: true },
                false,
                Place::Host,
                &[][..],
            ),
            (
                Found::Missing { can_be_made: true },
                false,
                Place::Sandbox,
                &["directory-unusable"],
            ),
            (
                Found::Missing { can_be_made: false },
                false,
                Place::Host,
                &["directory-unusable"],
            ),
            (
                Found::NotADirectory,
                false,
                Place::Host,
                &["directory-unusable"],
            ),
            (Found::Silent, false, Place::Host, &["directory-unusable"]),
            (directory(true, gibibytes, None), false, Place::Sandbox, &[]),
            (
                directory(false, gibibytes, None),
                false,
                Place::Host,
                &["directory-unusable"],
            ),
            (directory(false, gibibytes, None), true, Place::Host, &[]),
            (
                directory(true, 1, Some("/cache/a")),
                false,
                Place::Host,
                &["entries-of-others", "disk-nearly-full"],
            ),
        ] {
            assert_eq!(
                problems(found.clone(), read_only, place),
                names,
                "{found:?}"
            );
        }
    }
}
