//! Keeps what a session has of its storage: what was fetched before anybody asked for it, and which keys have nothing.
//!
//! | name in the directory | what it is |
//! |---|---|
//! | a key | what is stored under it, as it came; or a directory, where an entry is [unpacked](crate::unpacked); empty where nothing is stored |
//! | a key and `.coming` | that it is being fetched |
//! | a key and `.own` | that a call fetches it for itself |
//! | `lock` | what is locked by who fetches, with the number of that process |
//! //! | `asked` | the keys that calls have asked for, in order, a line each |
//!
//! Whatever is there is whole: it was written beside, and renamed. What it is worth is for who parses it to see.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_contract::wire::Key;
use rustix::fs::{FlockOperation, flock};

use crate::unpacked::{Unpacked, Unpacking};

/// How long a call waits at most for what is being fetched, before it fetches that itself: on a busy machine who fetches may
/// not come to run.
const PATIENCE: Duration = Duration::from_millis(60);

/// How often it looks.
const TICK: Duration = Duration::from_micros(500);

/// What a session has of its storage.
#[derive(Clone, Debug)]
pub struct Local(PathBuf);

/// What it has of a key.
#[derive(Debug)]
pub(crate) enum Had {
    /// It is not known what is stored.
    Nothing,
    /// That nothing is stored.
    Absent,
    /// What is stored.
    Whole(Vec<u8>),
    /// An entry, with what is in front of its sections.
    Unpacked(Vec<u8>, Unpacked),
}

impl Local {
    /// What is in a directory, if there is one.
    #[must_use]
    pub fn in_directory(directory: PathBuf) -> Option<Self> {
        directory.is_dir().then_some(Self(directory))
    }

    /// What it has of a key, once that is no more on its way.
    pub(crate) fn get(&self, key: &Key) -> Had {
        let path = self.path(key, "");
        let since = Instant::now();
        loop {
            match fs::read(&path) {
                Ok(bytes) if bytes.is_empty() => return Had::Absent,
                Ok(bytes) => return Had::Whole(bytes),
                Err(error) if error.kind() == ErrorKind::IsADirectory => {
                    return Unpacked::open(&path).map_or(Had::Nothing, |(head, unpacked)| {
                        Had::Unpacked(head, unpacked)
                    });
                }
                Err(_) => {}
            }
            if !self.is_being_filled() {
                return Had::Nothing;
            }
            if !self.path(key, COMING).exists() {
                File::create_new(self.path(key, OWN)).ok();
                return Had::Nothing;
            }
            if since.elapsed() > PATIENCE {
                return Had::Nothing;
            }
            thread::sleep(TICK);
        }
    }

    /// Notes that nothing is stored under a key.
    pub(crate) fn set_absent(&self, key: &Key) {
        File::create_new(self.path(key, "")).ok();
    }

    /// Forgets what it has of a key.
    pub(crate) fn forget(&self, key: &Key) {
        let path = self.path(key, "");
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != ErrorKind::NotFound
        {
            fs::remove_dir_all(&path).ok();
        }
    }

    /// Notes that a call has asked for these keys.
    pub(crate) fn note(&self, keys: &[Key]) {
        let lines: Vec<u8> = keys
            .iter()
            .flat_map(|key| [key.as_bytes(), b"\n"].concat())
            .collect();
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(self.0.join("asked"));
        // One write is whole, whoever else writes.
        file.and_then(|mut file| file.write_all(&lines)).ok();
    }

    /// The keys that calls have asked for, in order, each once.
    #[must_use]
    pub fn asked(&self) -> Vec<Key> {
        let lines = fs::read(self.0.join("asked")).unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        let keys = lines.split(|byte| *byte == b'\n').filter_map(Key::new);
        keys.filter(|key| seen.insert(*key)).collect()
    }

    /// Begins to fill it, which one process does at a time; it ends with the value.
    pub fn fill(&self) -> io::Result<Filling<'_>> {
        let mut lock = File::create(self.0.join("lock"))?;
        // Whoever looks whether it is locked has it locked for a moment.
        flock(&lock, FlockOperation::LockExclusive)?;
        write!(lock, "{}", std::process::id())?;
        Ok(Filling {
            local: self,
            _lock: lock,
        })
    }

    /// Whether somebody fills it.
    fn is_being_filled(&self) -> bool {
        let lock = File::open(self.0.join("lock"));
        lock.is_ok_and(|lock| flock(lock, FlockOperation::NonBlockingLockShared).is_err())
    }

    /// The process that fills it, by its number, if one does.
    #[must_use]
    pub fn filled_by(&self) -> Option<i32> {
        let mut number = String::new();
        let is_being_filled = self.is_being_filled();
        let mut lock = File::open(self.0.join("lock")).ok()?;
        lock.read_to_string(&mut number).ok()?;
        number.parse().ok().filter(|_| is_being_filled)
    }

    fn path(&self, key: &Key, ending: &str) -> PathBuf {
        self.0.join(format!("{key}{ending}"))
    }
}

const COMING: &str = ".coming";
const OWN: &str = ".own";

/// That this process fills it.
#[derive(Debug)]
pub struct Filling<'a> {
    local: &'a Local,
    _lock: File,
}

impl Filling<'_> {
    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.local.0
    }

    /// Whether the session has ended.
    pub(crate) fn is_over(&self) -> bool {
        !self.local.0.exists()
    }

    /// Says that a key is being fetched; nothing where somebody else does, or has.
    pub(crate) fn claim(&self, key: Key) -> Option<Coming> {
        let is_there = |ending: &str| self.local.path(&key, ending).symlink_metadata().is_ok();
        if is_there("") || is_there(OWN) {
            return None;
        }
        let path = self.local.path(&key, COMING);
        File::create_new(&path).ok()?;
        Some(Coming {
            key,
            place: self.local.path(&key, ""),
            path,
        })
    }
}

/// That a key is being fetched; it ends with the value.
#[derive(Debug)]
pub(crate) struct Coming {
    pub(crate) key: Key,
    place: PathBuf,
    path: PathBuf,
}

impl Coming {
    /// It has come: what is stored, or that nothing is.
    pub(crate) fn whole(self, bytes: &[u8]) -> io::Result<()> {
        fs::write(&self.path, bytes)?;
        fs::rename(&self.path, &self.place)
    }

    /// It has come: an entry, with what is in front of its sections.
    pub(crate) fn unpacked(
        self,
        head: &[u8],
        unpack: impl FnOnce(&mut Unpacking) -> Option<()>,
    ) -> io::Result<()> {
        let directory = self.place.with_extension("unpacking");
        let begun = Unpacking::begin(&directory).and_then(|mut to| {
            unpack(&mut to).ok_or(ErrorKind::InvalidData)?;
            to.end(head)
        });
        let done = begun.and_then(|()| fs::rename(&directory, &self.place));
        if done.is_err() {
            fs::remove_dir_all(&directory).ok();
        }
        done
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        // It is not there any more where it has another's place.
        fs::remove_file(&self.path).ok();
    }
}
