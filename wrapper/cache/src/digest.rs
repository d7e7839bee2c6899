//! Computes digests of files, and remembers them as long as a file is what it was.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use blake3::Hasher;
use rustix::time::{ClockId, clock_gettime};

/// A BLAKE3 digest.
pub type Digest = [u8; 32];

/// What tells a file's state from every other one it has had: device, inode, size, and the times of its last
/// change, of contents and of whatever else, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: i128,
    changed: i128,
}

impl Identity {
    pub(crate) const LENGTH: usize = 56;

    /// That of a file with this metadata.
    #[must_use]
    pub fn of(file: &Metadata) -> Self {
        let time =
            |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: time(file.mtime(), file.mtime_nsec()),
            changed: time(file.ctime(), file.ctime_nsec()),
        }
    }

    /// When it was last changed, in nanoseconds since 1970, by the clock of [`now`].
    #[must_use]
    pub fn changed(&self) -> i128 {
        self.changed
    }

    pub(crate) fn bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let fields = [self.device, self.inode, self.size]
            .map(u64::to_le_bytes)
            .into_iter()
            .flatten();
        let times = [self.modified, self.changed]
            .map(i128::to_le_bytes)
            .into_iter()
            .flatten();
        for (to, from) in bytes.iter_mut().zip(fields.chain(times)) {
            *to = from;
        }
        bytes
    }
}

/// The time by which the system dates changes of files, in nanoseconds since 1970: it stands still between
/// two of its ticks, for up to ten milliseconds.
#[must_use]
pub fn now() -> i128 {
    let time = clock_gettime(ClockId::RealtimeCoarse);
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

/// Digests that are remembered: by this process, and by others of the same directory.
#[derive(Debug, Default)]
pub struct Memo {
    /// As long as a session.
    session: Option<PathBuf>,
    /// As long as a user keeps it.
    lasting: Option<PathBuf>,
    known: HashMap<Identity, Digest>,
    /// Digests in whose stead others count.
    same: HashMap<Digest, Digest>,
    /// Whether one did.
    has_used_same: bool,
}

/// Files that are smaller than this are read again: it costs no more than to look for what is remembered.
const WORTH_REMEMBERING: u64 = 1 << 14;

/// Files of at least this size are remembered beyond a session: compilers, of which there are few.
const WORTH_KEEPING: u64 = 1 << 22;

impl Memo {
    /// What is remembered in these directories, which are made when there is something to remember: for a session, and for
    /// longer.
    #[must_use]
    pub fn new(session: Option<PathBuf>, lasting: Option<PathBuf>) -> Self {
        Self {
            session,
            lasting,
            known: HashMap::new(),
            same: HashMap::new(),
            has_used_same: false,
        }
    }

    /// Has the second of each pair count where a file has the first.
    #[must_use]
    pub fn with_same(mut self, pairs: impl IntoIterator<Item = (Digest, Digest)>) -> Self {
        self.same.extend(pairs);
        self
    }

    /// The digest of a file as it counts, whose metadata it had just now.
    pub fn digest(&mut self, path: &Path, metadata: &Metadata) -> io::Result<Digest> {
        let digest = self.digest_of_contents(path, metadata)?;
        let same = self.same.get(&digest);
        self.has_used_same |= same.is_some();
        Ok(same.copied().unwrap_or(digest))
    }

    /// Whether a file was given another digest than that of its contents.
    #[must_use]
    pub fn has_used_same(&self) -> bool {
        self.has_used_same
    }

    fn digest_of_contents(&mut self, path: &Path, metadata: &Metadata) -> io::Result<Digest> {
        let identity = Identity::of(metadata);
        if let Some(known) = self.known.get(&identity) {
            return Ok(*known);
        }
        let is_large = identity.size >= WORTH_REMEMBERING;
        let remembered = self.recall(&identity).filter(|_| is_large);
        let digest = if let Some(digest) = remembered {
            digest
        } else {
            let digest = of_file(path)?;
            if is_large {
                self.remember(&identity, &digest);
            }
            digest
        };
        self.known.insert(identity, digest);
        Ok(digest)
    }

    fn note(&self, identity: &Identity) -> Option<PathBuf> {
        let name = format!("{:x}-{:x}", identity.device, identity.inode);
        let lasting = self.lasting.as_ref();
        let directory = lasting
            .filter(|_| identity.size >= WORTH_KEEPING)
            .or(self.session.as_ref());
        Some(directory?.join(name))
    }

    fn recall(&self, identity: &Identity) -> Option<Digest> {
        let mut bytes = [0; Identity::LENGTH + size_of::<Digest>()];
        File::open(self.note(identity)?)
            .and_then(|mut note| note.read_exact(&mut bytes))
            .ok()?;
        let digest = bytes.strip_prefix(identity.bytes().as_slice())?;
        digest.try_into().ok()
    }

    /// Remembers a digest for other processes. A file that was changed within this tick of the clock may be changed
    /// again without a trace of it in its identity.
    fn remember(&self, identity: &Identity, digest: &Digest) {
        let Some(note) = self.note(identity).filter(|_| identity.changed < now()) else {
            return;
        };
        let bytes = [identity.bytes().as_slice(), digest].concat();
        // Whole or not at all: others may read it now. The name is this process' own.
        let new = note.with_extension(std::process::id().to_string());
        let write = || {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            options.open(&new)?.write_all(&bytes)
        };
        let written = write().or_else(|_| {
            fs::create_dir_all(note.parent().unwrap_or(&note))?;
            write()
        });
        if written.and_then(|()| fs::rename(&new, &note)).is_err() {
            fs::remove_file(&new).ok();
        }
    }
}

/// The digest of a file's contents; an error names the file.
pub fn of_file(path: &Path) -> io::Result<Digest> {
    let read = || {
        let mut hasher = Hasher::new();
        let mut file = File::open(path)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(*hasher.finalize().as_bytes()),
                read => hasher.update(buffer.get(..read).unwrap_or_default()),
            };
        }
    };
    read().map_err(|error: io::Error| {
        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    })
}
