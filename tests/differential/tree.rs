//! Puts a project's state on disk, in each of its trees alike.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use nix_sccache_tests::stdout_of;

use crate::change::{Manner, State};
use crate::project::{Node, Project, in_place};

/// How long ago what is unpacked was written.
const PAST: Duration = Duration::from_hours(365 * 24);

/// A directory in which a project is brought from state to state.
#[derive(Debug)]
pub struct Tree {
    path: PathBuf,
    /// When its files were written, as they say.
    times: BTreeMap<PathBuf, SystemTime>,
}

/// What is to be written.
#[derive(Debug)]
struct Write<'a> {
    path: PathBuf,
    node: &'a Node,
    time: SystemTime,
    renamed: bool,
}

impl Tree {
    /// One in a directory that is empty.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            times: BTreeMap::new(),
        }
    }

    /// Where it is, except while it is in a place.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Does something while it lies in this place.
    pub fn while_in<T>(&mut self, place: &Path, does: impl FnOnce(&mut Self) -> T) -> T {
        fs::rename(&self.path, place).unwrap();
        let own = mem::replace(&mut self.path, place.to_owned());
        let done = does(self);
        self.path = own;
        fs::rename(place, &self.path).unwrap();
        done
    }

    /// Brings it to the last of these states from the one before, at this time.
    pub fn change(&mut self, states: &[State], now: SystemTime) {
        let [.., state] = states else { return };
        let none = Project::default();
        let before = states
            .iter()
            .rev()
            .nth(1)
            .map_or(&none, |state| &state.project);
        let State { change, project } = state;
        let all = change.afresh || before.directory != project.directory;
        if all {
            self.remove(&before.directory);
            self.remove(&project.directory);
        } else {
            for path in before
                .nodes
                .keys()
                .filter(|path| !project.nodes.contains_key(*path))
            {
                self.remove(&before.directory.join(path));
            }
        }
        for (path, node) in &project.nodes {
            let is_new = before.nodes.get(path) != Some(node);
            let is_touched = change.touched.contains(path);
            let time = self.times.entry(path.clone()).or_insert(now);
            match change.manner {
                _ if is_touched => *time = now,
                Manner::OldTime | Manner::RenamedWithOldTime => {}
                Manner::Past if is_new => *time = now - PAST,
                _ if is_new => *time = now,
                _ => {}
            }
            if is_new || all || is_touched {
                let write = Write {
                    path: project.directory.join(path),
                    node,
                    time: *time,
                    renamed: matches!(change.manner, Manner::Renamed | Manner::RenamedWithOldTime),
                };
                write
                    .to(&self.path)
                    .unwrap_or_else(|error| panic!("{write:?}: {error}"));
            }
        }
    }

    /// Removes a path, and the directories that are empty then.
    fn remove(&self, path: &Path) {
        let whole = self.path.join(path);
        let removed = match whole.symlink_metadata() {
            Ok(is) if is.is_dir() => fs::remove_dir_all(&whole),
            Ok(_) => fs::remove_file(&whole),
            Err(_) => return,
        };
        removed.unwrap_or_else(|error| panic!("{}: {error}", whole.display()));
        for directory in path.ancestors().skip(1) {
            if directory.as_os_str().is_empty()
                || fs::remove_dir(self.path.join(directory)).is_err()
            {
                break;
            }
        }
    }
}

impl Write<'_> {
    fn to(&self, tree: &Path) -> io::Result<()> {
        let path = tree.join(&self.path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let was_link = path.is_symlink();
        match self.node {
            Node::Link(target) => {
                let beside = path.with_extension("beside");
                symlink(target, &beside)?;
                return fs::rename(beside, path);
            }
            Node::File(bytes) | Node::Program(bytes) => {
                let mode = match self.node {
                    Node::Program(_) => 0o755,
                    _ => 0o644,
                };
                let written = if self.renamed || was_link {
                    path.with_extension("beside")
                } else {
                    path.clone()
                };
                fs::write(
                    &written,
                    in_place(OsStr::from_bytes(bytes), tree).as_bytes(),
                )?;
                fs::set_permissions(&written, Permissions::from_mode(mode))?;
                File::open(&written)?.set_modified(self.time)?;
                if written != path {
                    fs::rename(written, path)?;
                }
            }
        }
        Ok(())
    }
}

/// Copies a tree with all its times, if it is there.
pub fn copy(from: &Path, to: &Path) {
    if from.exists() {
        stdout_of(Command::new("cp").arg("--archive").arg(from).arg(to));
    }
}
