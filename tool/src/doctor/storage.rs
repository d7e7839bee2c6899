//! Tries the storage by the shim's own client: connects, shakes hands, stores an entry and fetches it.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix_sccache_cache::storage::{Address, Limits, Storage, StorageError};
use nix_sccache_contract::wire::{HOST_MAX_FRAME, Handshake, Key, READ_ONLY_GATEWAY};
use serde::Serialize;

use super::finding::Finding;
use super::process::{SHORT, within};
use super::session::Session;
use super::settings::Settings;

/// The key of the entry that is stored and fetched, always the same, so that no more than one is left
/// in any cache: `nix-sccache doctor` in hexadecimal digits.
const KEY: &[u8; Key::LENGTH] = b"6e69782d7363636163686520646f63746f720000000000000000000000000000";

/// How the entry begins.
const ENTRY: &str = "nix-sccache doctor stored this at";

/// How long the storage may take over each step.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    answer: SHORT,
    frame: HOST_MAX_FRAME,
};

/// From when on storing and fetching a small entry is slow: on one machine it takes milliseconds.
const SLOW: Duration = Duration::from_secs(1);

/// What was found out of a storage that shakes hands.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tried {
    /// Where it listens.
    pub socket: PathBuf,
    /// Who does: `gateway`, or `sccache`, which is the daemon itself or a session's server.
    pub listener: &'static str,
    /// The daemon's release; a gateway does not tell it.
    pub version: String,
    /// Where it keeps entries, as it says.
    pub location: String,
    /// Whether it takes no entries.
    pub is_read_only: bool,
    /// How long it took to store an entry and to fetch it, in seconds, once both went well.
    pub round_trip_seconds: Option<f64>,
}

/// Tries the storage of a session, which is the host's, or the session's own.
pub fn try_out(
    session: &Session,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Option<Tried> {
    let at = Place {
        socket: session.socket()?,
        is_build: settings.place.is_build(),
    };
    let silent = at.finding("silent", "its file system does not answer");
    let (tried, found) = within(6 * SHORT, move || at.talk()).unwrap_or((None, Some(silent)));
    findings.extend(found);
    tried
}

/// A socket.
struct Place {
    socket: PathBuf,
    is_build: bool,
}

impl Place {
    fn finding(&self, code: &str, found: impl Into<String>) -> Finding {
        Finding::new(code, self.socket.display().to_string(), found)
    }

    fn missing(&self) -> Finding {
        let directory = self.socket.parent().unwrap_or(&self.socket);
        let missing = |found| self.finding("socket-missing", found);
        if directory.is_dir() {
            missing("only its directory is there")
        } else if self.is_build {
            let line = format!("extra-sandbox-paths = {}?", directory.display());
            let remedy = format!("write `{line}` in nix.conf on the host");
            missing("its directory is not in this sandbox").instead(remedy)
        } else {
            missing("neither it nor its directory is there")
        }
    }

    /// This user may not use the socket, or the directory on the way to it that can be looked at from outside alone.
    fn denied(&self) -> Finding {
        let is_closed =
            |it: &&Path| fs::metadata(it).is_ok() && fs::metadata(it.join(".")).is_err();
        let closed = self.socket.ancestors().skip(1).find(is_closed);
        let (path, mode) = closed.map_or((self.socket.as_path(), "666"), |it| (it, "a+x"));
        let is = fs::metadata(path).map(|it| {
            let mode = it.mode() & 0o7777;
            format!(" (owner {}, group {}, mode {mode:04o})", it.uid(), it.gid())
        });
        let (path, is) = (path.display(), is.unwrap_or_default());
        let remedy = format!("on the host, `chmod {mode} {path}`; or ask as a build user");
        let finding = self.finding("socket-denied", format!("this user may not use {path}{is}"));
        finding.instead(remedy)
    }

    fn failed(&self, error: &StorageError) -> Finding {
        let code = match error {
            StorageError::Unreachable(error) => match error.kind() {
                ErrorKind::NotFound => return self.missing(),
                ErrorKind::PermissionDenied => return self.denied(),
                // It is said of whatever is no socket, too.
                ErrorKind::ConnectionRefused if !self.is_socket() => "not-a-socket",
                ErrorKind::ConnectionRefused => "nobody-listens",
                _ => "socket-fails",
            },
            StorageError::Failed(_) => "socket-fails",
            StorageError::Silent(_) => "silent",
            _ => "not-a-storage",
        };
        self.finding(code, error.to_string())
    }

    fn is_socket(&self) -> bool {
        fs::metadata(&self.socket).is_ok_and(|it| it.file_type().is_socket())
    }

    fn talk(&self) -> (Option<Tried>, Option<Finding>) {
        let mut tried = Tried::default();
        match self.exchange(&mut tried) {
            Ok(found) => (Some(tried), found),
            Err(error) => (None, Some(self.failed(&error))),
        }
    }

    /// Shakes hands, stores an entry and fetches it again; where nothing may be stored, asks for it alone.
    fn exchange(&self, tried: &mut Tried) -> Result<Option<Finding>, StorageError> {
        let mut storage = Storage::connect(&Address::Socket(self.socket.clone()), LIMITS)?;
        tried.socket.clone_from(&self.socket);
        (tried.location, tried.is_read_only) = storage
            .handshake(|storage: Handshake| (storage.location.to_owned(), storage.is_read_only))?;
        // Who has no release is the gateway.
        tried.version = storage.statistics(|daemon| daemon.version.to_owned())?;
        let is_gateway = tried.version.is_empty();
        tried.listener = if is_gateway { "gateway" } else { "sccache" };

        let key = Key::new(KEY).unwrap_or(Key::ZERO);
        let since = Instant::now();
        let stored = storage.put(key, format!("{ENTRY} {:?}", SystemTime::now()).as_bytes());
        let refused = match stored {
            Ok(()) => None,
            Err(StorageError::NotStored(why)) => Some(why),
            Err(error) => return Err(error),
        };
        let fetched = storage.get(key)?;
        let took = since.elapsed();
        // The daemon says in its handshake that it only reads, and a gateway here.
        tried.is_read_only |= refused.as_deref() == Some(READ_ONLY_GATEWAY);
        // Another doctor may have stored its own in between.
        let is_there = fetched.is_some_and(|entry| entry.starts_with(ENTRY.as_bytes()));
        let (code, found) = match refused {
            _ if tried.is_read_only => (
                "read-only",
                "it stores nothing: what misses will miss again".to_owned(),
            ),
            Some(why) => ("entry-not-stored", why),
            None if !is_there => (
                "entry-not-fetched",
                "an entry that was stored is not there afterwards".to_owned(),
            ),
            None => {
                tried.round_trip_seconds = Some(took.as_secs_f64());
                if took < SLOW {
                    return Ok(None);
                }
                let found = format!("storing and fetching a line took {took:.1?}");
                ("slow", found)
            }
        };
        Ok(Some(self.finding(code, found)))
    }
}
