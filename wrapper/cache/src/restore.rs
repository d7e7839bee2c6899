//! Puts an entry's files in place: all of them, or none.
//!
//! Each is written beside its place under a name that nobody takes for an output's, and renamed when all are written
//! and found whole, so that no program ever sees a part of one. Whatever fails, all is put back as it was: the
//! compiler then runs as if nobody had been there. A process that is killed on the way leaves some files with such
//! names, and at each place what was there or what is in the entry, whole.
//!
//! What was there is replaced and never written through, so that its other names keep their contents, as the assembler,
//! the linker and rustc do it for libraries and metadata (binutils 2.40, rustc 1.95). Only a regular file is: behind
//! a symbolic link those of a compiler's outputs are written that others replace the link by, and a device or a
//! directory stays what it is.
//!
//! Files have the mode that a compiler's new files have, and the times at which they are written: cargo takes what is
//! older than its dependencies for outdated.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

use rustix::fs::{CWD, RenameFlags, Timespec, Timestamps, UTIME_NOW, futimens, renameat_with};
use rustix::io::Errno;

use crate::entry::{EntryError, StoredEntry, StoredFile};
use crate::section::Damaged;

/// How the names of temporary files begin: hidden, and none of a library or an object.
pub const TEMPORARY: &str = ".nix-sccache-";

/// Another name is tried where one is taken, so many times: names are of 64 random bits.
const TRIES: u32 = 100;

/// Where files of an entry go.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Its path.
    pub path: PathBuf,
    /// Whether it is made, with those above and those below that files are in, where it is not there.
    pub may_be_made: bool,
}

/// A file in its place.
#[derive(Debug)]
pub struct Restored {
    /// Where it is.
    pub path: PathBuf,
    /// The BLAKE3 digest of what is stored of it.
    pub digest: [u8; blake3::OUT_LEN],
    /// What the system says of it, now that it is in place.
    pub metadata: Metadata,
}

/// Why an entry was not restored. Everything is as it was before.
#[derive(Debug)]
pub enum RestoreError {
    /// The entry is of no use.
    Entry(EntryError),
    /// What is at a file's place is not to be replaced.
    Refused {
        /// The place.
        path: PathBuf,
        /// What is there, as a noun.
        found: &'static str,
    },
    /// The system did not do what was asked of it.
    Failed {
        /// The place of the file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(error) => write!(f, "the entry cannot be used: {error}"),
            Self::Refused { path, found } => write!(
                f,
                "{} is {found}, and only a regular file is replaced",
                path.display()
            ),
            Self::Failed { path, error } => {
                write!(f, "{} cannot be written: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for RestoreError {}

impl From<EntryError> for RestoreError {
    fn from(error: EntryError) -> Self {
        Self::Entry(error)
    }
}

impl From<Damaged> for RestoreError {
    fn from(damaged: Damaged) -> Self {
        Self::Entry(damaged.into())
    }
}

/// Puts the files of an entry in place, in the directories with these numbers; `others` has the contents of those that
/// are to have other ones.
pub fn restore(
    entry: &StoredEntry,
    directory: impl Fn(u8) -> Option<Directory>,
    others: impl Fn(&StoredFile) -> Result<Option<Vec<u8>>, EntryError>,
) -> Result<Vec<Restored>, RestoreError> {
    // Before anything is written.
    let mut places = Vec::new();
    let mut seen = HashSet::new();
    for file in entry.files() {
        let unknown = EntryError::UnknownDirectory(file.directory);
        let directory = directory(file.directory).ok_or(unknown)?;
        let name = OsStr::from_bytes(&file.name);
        let path = directory.path.join(name);
        if !seen.insert(path.clone()) {
            let name = String::from_utf8_lossy(&file.name).into_owned();
            return Err(EntryError::InvalidName(name).into());
        }
        places.push(Place {
            replaces: is_there(&path, &path)?,
            may_be_made: directory.may_be_made,
            path,
        });
    }

    let mut steps = Steps::default();
    let (mut created, mut long) = (Vec::new(), Vec::new());
    for (file, place) in entry.files().iter().zip(places) {
        let other = others(file)?;
        let (temporary, to) = steps.create(file, &place)?;
        let mut written = to.metadata().map_err(failed(&place.path))?;
        let taken = other
            .is_none()
            .then(|| take(entry, file, &temporary, &written));
        if let Some(taken) = taken.flatten() {
            written = taken;
        } else if file.length() >= LONG && other.is_none() && entry.unpacked(file).is_none() {
            long.push((file, place.path.clone(), to));
        } else {
            write(entry, file, &place.path, &to, other.as_deref())?;
        }
        created.push((file, place, temporary, written));
    }
    write_at_once(entry, &long)?;
    let mut placed = Vec::new();
    for (file, place, temporary, written) in created {
        let path = place.path.clone();
        steps.rename(temporary, place)?;
        placed.push((file, path, written));
    }
    let restored = placed.into_iter().map(|(file, path, written)| {
        // Renaming has changed its times.
        let metadata = fs::symlink_metadata(&path).map_err(failed(&path))?;
        if (metadata.dev(), metadata.ino()) != (written.dev(), written.ino()) {
            // Perhaps one of the entry's, by another path to the same place.
            let error = io::Error::other("another file has taken its place");
            return Err(failed(&path)(error));
        }
        Ok(Restored {
            path,
            digest: *file.digest(),
            metadata,
        })
    });
    let restored = restored.collect::<Result<_, _>>()?;
    steps.keep();
    Ok(restored)
}

/// Puts the file that has what is in one of an entry into a temporary one's place, with its mode, if both are on the same
/// file system and no other has the same contents; says what the system says of it.
fn take(
    entry: &StoredEntry,
    file: &StoredFile,
    temporary: &Path,
    like: &Metadata,
) -> Option<Metadata> {
    let unpacked = entry.unpacked(file)?;
    let is_same = |other: &&StoredFile| other.digest() == file.digest();
    if entry.files().iter().filter(is_same).count() > 1 {
        return None;
    }
    fs::rename(unpacked, temporary).ok()?;
    let taken = File::open(temporary).ok()?;
    taken.set_permissions(like.permissions()).ok()?;
    // As the system dates what is written: by a finer clock it would be newer than what is made of it in the same tick.
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    futimens(&taken, &times).ok()?;
    taken.metadata().ok()
}

/// Writes a file.
fn write(
    entry: &StoredEntry,
    file: &StoredFile,
    place: &Path,
    mut to: &File,
    other: Option<&[u8]>,
) -> Result<(), RestoreError> {
    let failed = failed(place);
    match other {
        Some(contents) => to.write_all(contents).map_err(failed),
        None => match entry.unpacked(file) {
            Some(unpacked) => {
                // Another call of the same may have taken it.
                let mut from = File::open(unpacked).map_err(|_| EntryError::PartMissing)?;
                let copied = io::copy(&mut from, &mut to);
                if copied.map_err(failed)? == file.length() as u64 {
                    Ok(())
                } else {
                    Err(EntryError::Damaged.into())
                }
            }
            None => entry.pieces(file, |piece| to.write_all(piece).map_err(&failed)),
        },
    }
}

/// From how many bytes on a file is worth threads, by which it is decompressed and copied; and how many there are at most.
const LONG: usize = 1 << 20;
const THREADS: usize = 4;

/// Writes long files, several blocks at once, each to all files that it is in: rustc's metadata is in the library, too.
fn write_at_once(
    entry: &StoredEntry,
    files: &[(&StoredFile, PathBuf, File)],
) -> Result<(), RestoreError> {
    let mut blocks = BTreeMap::new();
    for file in files {
        for block in entry.blocks(file.0)? {
            let (_, to) = blocks.entry(block.place).or_insert((block, Vec::new()));
            to.push(file);
        }
    }
    let blocks: Vec<_> = blocks.into_values().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut room = Vec::new();
        while let Some((block, to)) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let contents = block.contents(&mut room)?;
            for (file, place, to) in to {
                let wanted = block.wanted(&file.section).ok_or(Damaged)?;
                let wanted = contents.get(wanted).ok_or(Damaged)?;
                to.write_all_at(wanted, block.before(&file.section))
                    .map_err(failed(place))?;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let others = 1..THREADS.min(blocks.len());
        let others: Vec<_> = others
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let own = work();
        // It has no reason to panic.
        let ended = others.into_iter().map(ScopedJoinHandle::join);
        let mut ended = ended.map(|ended| ended.unwrap_or(Err(EntryError::Damaged.into())));
        own.and(ended.find(Result::is_err).unwrap_or(Ok(())))
    })
}

/// Where a file goes.
struct Place {
    path: PathBuf,
    /// Whether there is a regular file.
    replaces: bool,
    may_be_made: bool,
}

/// Whether there is a regular file, or nothing; `place` is what it is called.
fn is_there(path: &Path, place: &Path) -> Result<bool, RestoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) => Err(RestoreError::Refused {
            path: place.to_owned(),
            found: kind_of(found.file_type()),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(place)(error)),
    }
}

fn kind_of(found: FileType) -> &'static str {
    if found.is_dir() {
        "a directory"
    } else if found.is_symlink() {
        "a symbolic link"
    } else if found.is_fifo() {
        "a pipe"
    } else if found.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> RestoreError {
    move |error| RestoreError::Failed {
        path: path.to_owned(),
        error,
    }
}

/// What was done so far. It is undone, the last first, unless it is kept.
#[derive(Default)]
struct Steps(Vec<Step>);

enum Step {
    /// Made a directory.
    Made(PathBuf),
    /// Made a temporary file.
    Wrote(PathBuf),
    /// Renamed one to a place where nothing was, or, on a file system that cannot exchange two, to any.
    Placed(PathBuf),
    /// Exchanged one with what was at a place.
    Exchanged { temporary: PathBuf, place: PathBuf },
}

impl Steps {
    /// Makes a file beside its place, and says where.
    fn create(
        &mut self,
        file: &StoredFile,
        place: &Place,
    ) -> Result<(PathBuf, File), RestoreError> {
        let mode = if file.executable { 0o777 } else { 0o666 };
        let (temporary, to) = match create(&place.path, mode) {
            Err(error) if error.kind() == ErrorKind::NotFound && place.may_be_made => {
                let parent = place.path.parent().unwrap_or(&place.path);
                self.make(parent).and_then(|()| create(&place.path, mode))
            }
            created => created,
        }
        .map_err(failed(&place.path))?;
        self.0.push(Step::Wrote(temporary.clone()));
        Ok((temporary, to))
    }

    /// Makes a directory and those above it.
    fn make(&mut self, directory: &Path) -> io::Result<()> {
        match fs::create_dir(directory) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.make(directory.parent().ok_or(error)?)?;
                fs::create_dir(directory)?;
            }
            Err(error) => return Err(error),
        }
        self.0.push(Step::Made(directory.to_owned()));
        Ok(())
    }

    /// Puts a temporary file in its place. What was not there before is not replaced, nor what is no regular file.
    fn rename(&mut self, temporary: PathBuf, place: Place) -> Result<(), RestoreError> {
        let path = place.path;
        let flags = if place.replaces {
            RenameFlags::EXCHANGE
        } else {
            RenameFlags::NOREPLACE
        };
        match renameat_with(CWD, &temporary, CWD, &path, flags) {
            Ok(()) if place.replaces => {
                // It was a regular file a moment ago.
                let replaced = is_there(&temporary, &path);
                let place = path;
                self.0.push(Step::Exchanged { temporary, place });
                replaced.map(drop)
            }
            Ok(()) => {
                self.0.push(Step::Placed(path));
                Ok(())
            }
            Err(Errno::INVAL | Errno::NOSYS) => self.replace(&temporary, path),
            Err(error) => Err(failed(&path)(error.into())),
        }
    }

    /// The same on a file system that has no such renames: NFS, and ZFS before 2.2. What is replaced is not put back.
    fn replace(&mut self, temporary: &Path, place: PathBuf) -> Result<(), RestoreError> {
        is_there(&place, &place)?;
        fs::rename(temporary, &place).map_err(failed(&place))?;
        self.0.push(Step::Placed(place));
        Ok(())
    }

    /// Leaves all as it is now, without what was replaced.
    fn keep(mut self) {
        for step in self.0.drain(..) {
            if let Step::Exchanged { temporary, .. } = step {
                fs::remove_file(temporary).ok();
            }
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        for step in self.0.drain(..).rev() {
            // What cannot be undone stays: a whole file, or one that nobody looks for.
            match step {
                Step::Made(directory) => fs::remove_dir(directory).ok(),
                Step::Wrote(file) | Step::Placed(file) => fs::remove_file(file).ok(),
                Step::Exchanged { temporary, place } => {
                    renameat_with(CWD, &temporary, CWD, &place, RenameFlags::EXCHANGE).ok()
                }
            };
        }
    }
}

/// Makes a temporary file beside a place.
fn create(place: &Path, mode: u32) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let random = RandomState::new();
    let mut tried = 0;
    loop {
        let name = format!("{TEMPORARY}{:016x}", random.hash_one(tried));
        let path = place.with_file_name(name);
        match options.open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tried < TRIES => tried += 1,
            opened => return opened.map(|file| (path, file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::env;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::process::{Child, Command, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, SystemTime};

    use nix_sccache_contract::wire::Key;
    use rustix::fs::{FileType, Mode, makedev, mknodat};

    use super::*;
    use crate::entry::{Entry, OutputFile, Parts};

    fn noise(seed: u8, length: usize) -> Vec<u8> {
        let mut noise = vec![0; length];
        blake3::Hasher::new()
            .update(&[seed])
            .finalize_xof()
            .fill(&mut noise);
        noise
    }

    /// An entry of these files, of which those without an ending can be run; with all its bytes.
    fn entry(files: &[(&str, &[u8])]) -> Vec<u8> {
        let files = files.iter().map(|(name, contents)| OutputFile {
            directory: 1,
            name: name.as_bytes().to_vec(),
            executable: !name.contains('.'),
            contents: contents.to_vec(),
        });
        let entry = Entry {
            files: files.collect(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            code: 0,
            took: 0,
            record: Vec::new(),
            result_key: Key::ZERO,
            request_key: Key::ZERO,
        };
        let Parts { head, .. } = entry.encode(usize::MAX).unwrap();
        head
    }

    fn restore_bytes(
        bytes: Vec<u8>,
        to: &Path,
        may_be_made: bool,
    ) -> Result<Vec<Restored>, RestoreError> {
        let entry = StoredEntry::parse(bytes, &Key::ZERO, &Key::ZERO, |_| true, |_| None).unwrap();
        let path = to.to_owned();
        let directory = |number| {
            (number == 1).then(|| Directory {
                path: path.clone(),
                may_be_made,
            })
        };
        restore(&entry, directory, |_| Ok(None))
    }

    fn restored(files: &[(&str, &[u8])], to: &Path) -> Result<Vec<Restored>, RestoreError> {
        restore_bytes(entry(files), to, false)
    }

    /// All that is below a directory: what it is, its number, its mode, when it was written, what is in it.
    fn below(directory: &Path) -> BTreeMap<PathBuf, (u64, u32, SystemTime, Vec<u8>)> {
        let mut all = BTreeMap::new();
        for file in fs::read_dir(directory).unwrap() {
            let path = file.unwrap().path();
            let found = fs::symlink_metadata(&path).unwrap();
            if found.is_dir() {
                all.extend(below(&path));
            }
            let contents = if found.is_file() {
                fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            let written = if found.is_dir() {
                SystemTime::UNIX_EPOCH
            } else {
                found.modified().unwrap()
            };
            all.insert(path, (found.ino(), found.mode(), written, contents));
        }
        all
    }

    /// Runs the test of this name, as another process, by this command in a shell: `$1` is a directory, and `"$@"`
    /// what to run. In there, gives the directory.
    fn by_shell(test: &str, command: &str) -> Option<PathBuf> {
        let directory = child_directory();
        if directory.is_none() {
            let directory = tempfile::tempdir().unwrap();
            let status = child(test, command, directory.path()).wait().unwrap();
            assert!(status.success(), "{status}");
        }
        directory
    }

    const DIRECTORY: &str = "NIX_SCCACHE_TEST_DIRECTORY";

    fn child_directory() -> Option<PathBuf> {
        env::var_os(DIRECTORY).map(PathBuf::from)
    }

    fn child(test: &str, command: &str, directory: &Path) -> Child {
        Command::new("unshare")
            .args(["--mount", "sh", "-ec", command, "sh"])
            .arg(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", &format!("restore::tests::{test}")])
            .env(DIRECTORY, directory)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    #[test]
    fn files_are_in_place_and_new() {
        let Some(directory) = by_shell("files_are_in_place_and_new", "umask 027; exec \"$@\"")
        else {
            return;
        };
        let long = noise(1, 1 << 20);
        let files = [("a.rlib", &long[..]), ("build", b"#!"), ("empty.d", b"")];
        let before = SystemTime::now() - Duration::from_millis(20);
        let restored = restored(&files, &directory).unwrap();
        assert_eq!(restored.len(), files.len());
        for (restored, (name, contents)) in restored.iter().zip(files) {
            assert_eq!(restored.path, directory.join(name));
            assert_eq!(restored.digest, *blake3::hash(contents).as_bytes());
            let found = fs::symlink_metadata(&restored.path).unwrap();
            let identity = |of: &Metadata| {
                (
                    of.dev(),
                    of.ino(),
                    of.size(),
                    of.modified().unwrap(),
                    of.ctime(),
                    of.ctime_nsec(),
                )
            };
            assert_eq!(identity(&restored.metadata), identity(&found));
            assert!(found.modified().unwrap() >= before);
            let mode = if name == "build" { 0o750 } else { 0o640 };
            assert_eq!(found.permissions().mode() & 0o7777, mode, "{name}");
            assert_eq!(fs::read(&restored.path).unwrap(), contents);
        }
        assert_eq!(below(&directory).len(), files.len());
    }

    #[test]
    fn a_umask_is_kept_to() {
        let Some(directory) = by_shell("a_umask_is_kept_to", "umask 077; exec \"$@\"") else {
            return;
        };
        let bytes = entry(&[("new/a.o", b""), ("new/a", b"")]);
        restore_bytes(bytes, &directory, true).unwrap();
        for (name, mode) in [("new", 0o700), ("new/a.o", 0o600), ("new/a", 0o700)] {
            let found = fs::metadata(directory.join(name)).unwrap();
            assert_eq!(found.permissions().mode() & 0o777, mode, "{name}");
        }
    }

    #[test]
    fn what_was_there_is_replaced_and_not_written_through() {
        let directory = tempfile::tempdir().unwrap();
        let [a, linked, locked] =
            ["a.o", "other-name.o", "locked.o"].map(|name| directory.path().join(name));
        fs::write(&a, "before").unwrap();
        fs::hard_link(&a, &linked).unwrap();
        fs::write(&locked, "before").unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o400)).unwrap();
        let old = fs::metadata(&locked).unwrap().ino();
        restored(
            &[("a.o", b"after"), ("locked.o", b"after")],
            directory.path(),
        )
        .unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"after");
        assert_eq!(fs::read(&linked).unwrap(), b"before");
        assert_eq!(fs::metadata(&linked).unwrap().nlink(), 1);
        assert_eq!(fs::read(&locked).unwrap(), b"after");
        assert_ne!(fs::metadata(&locked).unwrap().ino(), old);
        assert_eq!(below(directory.path()).len(), 3);
    }

    #[test]
    fn what_is_no_regular_file_stays() {
        let directory = tempfile::tempdir().unwrap();
        let place = |name: &str| directory.path().join(name);
        fs::write(place("aside"), "aside").unwrap();
        fs::write(place("a.d"), "before").unwrap();
        symlink("aside", place("link")).unwrap();
        symlink("nowhere", place("dangling")).unwrap();
        fs::create_dir(place("directory")).unwrap();
        let _listener = UnixListener::bind(place("socket")).unwrap();
        let node =
            |name, kind, device| mknodat(CWD, place(name), kind, Mode::RUSR, device).unwrap();
        node("pipe", FileType::Fifo, 0);
        // Another name of /dev/null.
        node("null", FileType::CharacterDevice, makedev(1, 3));
        let before = below(directory.path());
        for (name, kind) in [
            ("link", "a symbolic link"),
            ("dangling", "a symbolic link"),
            ("directory", "a directory"),
            ("socket", "a socket"),
            ("pipe", "a pipe"),
            ("null", "a device"),
        ] {
            let error = restored(
                &[("a.d", b"a"), (name, b"b"), ("z", b"c")],
                directory.path(),
            )
            .unwrap_err();
            let RestoreError::Refused { path, found } = error else {
                panic!("{name}: {error}")
            };
            assert_eq!((path, found), (place(name), kind));
            assert_eq!(below(directory.path()), before, "{name}");
        }
    }

    #[test]
    fn directories_are_made_where_they_may_be() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("target/deps");
        let files: [(&str, &[u8]); 2] = [("a.d", b"a"), ("b/c/d.o", b"b")];
        let missing = |error| matches!(error, RestoreError::Failed { error, .. } if error.kind() == ErrorKind::NotFound);
        assert!(missing(restored(&files, &directory).unwrap_err()));
        assert_eq!(below(parent.path()).len(), 0);
        restore_bytes(entry(&files), &directory, true).unwrap();
        assert_eq!(fs::read(directory.join("b/c/d.o")).unwrap(), b"b");
        // Those for files that could not be written go again.
        let other = parent.path().join("other");
        fs::write(&other, "a file").unwrap();
        let before = below(parent.path());
        let files: [(&str, &[u8]); 2] = [("a/b/c.o", b"a"), ("other/d.o", b"b")];
        restore_bytes(entry(&files), parent.path(), true).unwrap_err();
        assert_eq!(below(parent.path()), before);
    }

    #[test]
    fn a_damaged_entry_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("a.o"), "before").unwrap();
        let before = below(directory.path());
        let (a, z) = (noise(1, 1 << 20), noise(2, 1 << 20));
        let mut bytes = entry(&[("a.o", &a), ("z.o", &z)]);
        *bytes.last_mut().unwrap() ^= 1;
        let error = restore_bytes(bytes, directory.path(), false).unwrap_err();
        assert!(
            matches!(error, RestoreError::Entry(EntryError::Damaged)),
            "{error}"
        );
        assert_eq!(below(directory.path()), before);
        let bytes = entry(&[("a.o", b"")]);
        let entry = StoredEntry::parse(bytes, &Key::ZERO, &Key::ZERO, |_| true, |_| None).unwrap();
        let error = restore(&entry, |_| None, |_| Ok(None)).unwrap_err();
        assert!(
            matches!(error, RestoreError::Entry(EntryError::UnknownDirectory(1))),
            "{error}"
        );
    }

    #[test]
    fn a_full_disk_is_as_it_was() {
        let command = "mount -t tmpfs -o size=1m none \"$NIX_SCCACHE_TEST_DIRECTORY\"; exec \"$@\"";
        let Some(directory) = by_shell("a_full_disk_is_as_it_was", command) else {
            return;
        };
        let (one, two) = (noise(1, 600 << 10), noise(2, 600 << 10));
        fs::write(directory.join("one.o"), "before").unwrap();
        let before = below(&directory);
        let error = restored(&[("one.o", &one), ("two.o", &two)], &directory).unwrap_err();
        let RestoreError::Failed { path, error } = error else {
            panic!("{error}")
        };
        assert_eq!(
            (path, error.kind()),
            (directory.join("two.o"), ErrorKind::StorageFull)
        );
        assert_eq!(below(&directory), before);
        restored(&[("one.o", &one)], &directory).unwrap();
    }

    #[test]
    fn what_fails_at_last_is_undone() {
        // Nothing can be renamed to where something is mounted.
        let command =
            "cd \"$NIX_SCCACHE_TEST_DIRECTORY\"; touch m.o; mount --bind m.o m.o; exec \"$@\"";
        let Some(directory) = by_shell("what_fails_at_last_is_undone", command) else {
            return;
        };
        fs::write(directory.join("a.o"), "before").unwrap();
        let before = below(&directory);
        let files: [(&str, &[u8]); 4] =
            [("a.o", b"1"), ("b.o", b"2"), ("c/d.o", b"3"), ("m.o", b"4")];
        let error = restore_bytes(entry(&files), &directory, true).unwrap_err();
        let RestoreError::Failed { path, error } = error else {
            panic!("{error}")
        };
        assert_eq!(
            (path, error.kind()),
            (directory.join("m.o"), ErrorKind::ResourceBusy)
        );
        assert_eq!(below(&directory), before);
    }

    #[test]
    fn two_files_of_one_place_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("a")).unwrap();
        symlink("a", directory.path().join("b")).unwrap();
        let files: [(&str, &[u8]); 2] = [("a/x.o", b"1"), ("b/x.o", b"2")];
        for there in [false, true] {
            if there {
                fs::write(directory.path().join("a/x.o"), "before").unwrap();
            }
            let before = below(directory.path());
            let error = restored(&files, directory.path()).unwrap_err();
            assert!(matches!(error, RestoreError::Failed { .. }), "{error}");
            assert_eq!(below(directory.path()), before);
        }
    }

    /// What comes to a place, or goes, while files are written.
    #[test]
    fn what_changes_meanwhile_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.o");
        let temporary = directory.path().join("temporary");
        let attempt = |replaces: bool, exchanges: bool| {
            fs::write(&temporary, "new").unwrap();
            let mut steps = Steps(vec![Step::Wrote(temporary.clone())]);
            let place = Place {
                path: path.clone(),
                replaces,
                may_be_made: false,
            };
            let renamed = if exchanges {
                steps.rename(temporary.clone(), place)
            } else {
                steps.replace(&temporary, place.path)
            };
            renamed.map(|()| steps.keep())
        };
        attempt(true, true).unwrap_err();
        assert_eq!(below(directory.path()).len(), 0);
        fs::write(&path, "another's").unwrap();
        attempt(false, true).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"another's");
        attempt(true, false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        for exchanges in [true, false] {
            let error = attempt(true, exchanges).unwrap_err();
            let RestoreError::Refused { path: found, .. } = error else {
                panic!("{error}")
            };
            assert_eq!(found, path);
            assert!(path.is_dir());
            assert_eq!(below(directory.path()).len(), 1);
        }
    }

    #[test]
    fn who_is_killed_leaves_whole_files() {
        let version = |version| -> [(&'static str, Vec<u8>); 3] {
            [("a.rlib", 300 << 10), ("b/b.d", 10), ("c", 100 << 10)]
                .map(|(name, length)| (name, noise(version, length)))
        };
        let versions = [version(1), version(2)];
        if let Some(directory) = child_directory() {
            let entries = versions.map(|files| {
                entry(
                    &files
                        .each_ref()
                        .map(|(name, contents)| (*name, &contents[..])),
                )
            });
            loop {
                for entry in &entries {
                    restore_bytes(entry.clone(), &directory, true).unwrap();
                }
            }
        }
        let mut cut = 0;
        for round in 0..40_u64 {
            let directory = tempfile::tempdir().unwrap();
            let mut child = child(
                "who_is_killed_leaves_whole_files",
                "exec \"$@\"",
                directory.path(),
            );
            while fs::read_dir(directory.path()).unwrap().next().is_none() {
                sleep(Duration::from_millis(1));
            }
            sleep(Duration::from_micros(
                RandomState::new().hash_one(round) % 5_000,
            ));
            child.kill().unwrap();
            child.wait().unwrap();
            for (path, (_, mode, _, contents)) in below(directory.path()) {
                let name = path.strip_prefix(directory.path()).unwrap();
                if name
                    .file_name()
                    .unwrap()
                    .as_bytes()
                    .starts_with(TEMPORARY.as_bytes())
                {
                    cut += 1;
                } else if name != Path::new("b") {
                    let mut all = versions.iter().flatten();
                    let is_whole =
                        all.any(|(known, whole)| Path::new(known) == name && *whole == contents);
                    assert!(is_whole, "{name:?}");
                    assert_eq!(mode & 0o100 != 0, name == Path::new("c"));
                }
            }
        }
        // Else none was killed while it wrote.
        assert!(cut > 0);
    }
}
