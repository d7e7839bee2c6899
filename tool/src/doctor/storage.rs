//! Tries the storage by the shim's own client: connects, shakes hands, stores an entry and fetches it.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix_sccache_cache::storage::{Address, Limits, Storage, StorageError};
use nix_sccache_contract::wire::{HOST_MAX_FRAME, Handshake, Key, READ_ONLY_GATEWAY, Request};
use serde::Serialize;

use super::finding::Finding;
use super::process::{SHORT, within};
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

/// How long to wait, between pieces, for the end of a connection on which too long a frame has begun.
const REFUSAL: Duration = Duration::from_millis(100);

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

impl Tried {
    /// In a line.
    pub fn text(&self) -> String {
        let took = match self.round_trip_seconds {
            Some(seconds) => format!("an entry stored and fetched in {:.1} ms", seconds * 1e3),
            None => "no entry stored and fetched".to_owned(),
        };
        let (socket, who) = (
            self.socket.display(),
            [self.listener, &self.version].join(" "),
        );
        format!("{socket}: {who}, {}, {took}", self.location)
    }
}

/// Tries the storage at a socket. It is the host's, or a session's own.
pub fn try_out(socket: PathBuf, settings: &Settings) -> (Option<Tried>, Vec<Finding>) {
    let at = Place {
        socket,
        is_build: settings.place.is_build(),
        is_hosts: settings.is_hosts_daemon(),
    };
    let silent = at.finding("silent", "its file system does not answer");
    let tried = within(6 * SHORT, move || at.look().and_then(|()| at.talk()));
    match tried.unwrap_or(Err(silent)) {
        Ok((tried, findings)) => (Some(tried), findings),
        Err(finding) => (None, vec![finding]),
    }
}

/// A socket.
struct Place {
    socket: PathBuf,
    is_build: bool,
    is_hosts: bool,
}

impl Place {
    fn finding(&self, code: &str, found: impl Into<String>) -> Finding {
        Finding::error(code, self.socket.display().to_string(), found)
    }

    /// What keeps this user from the socket, before anybody is asked: connecting says `refused` of whatever
    /// is no socket.
    fn look(&self) -> Result<(), Finding> {
        let folder = self.socket.parent().unwrap_or(&self.socket);
        let missing = "socket-missing";
        Err(match fs::metadata(&self.socket) {
            Ok(metadata) if metadata.file_type().is_socket() => return Ok(()),
            Ok(_) => self.finding("not-a-socket", "it is something else than a socket"),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => self.denied(),
            Err(_) if folder.is_dir() => self.finding(missing, "only its folder is there"),
            Err(_) if self.is_build => {
                let line = format!("extra-sandbox-paths = {}?", folder.display());
                let finding = self.finding(missing, "its folder is not in this sandbox");
                finding.instead(format!("write `{line}` in nix.conf on the host"))
            }
            Err(_) => self.finding(missing, "neither it nor its folder is there"),
        })
    }

    /// This user may not use the socket, or the folder on the way to it that can be looked at from outside alone.
    fn denied(&self) -> Finding {
        let is_closed =
            |it: &&Path| fs::metadata(it).is_ok() && fs::metadata(it.join(".")).is_err();
        let closed = self.socket.ancestors().skip(1).find(is_closed);
        let (path, mode) = closed.map_or((self.socket.as_path(), "666"), |folder| (folder, "a+x"));
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
                ErrorKind::PermissionDenied => return self.denied(),
                ErrorKind::ConnectionRefused => "nobody-listens",
                _ => "socket-fails",
            },
            StorageError::Failed(_) => "socket-fails",
            StorageError::Silent(_) => "silent",
            _ => "not-a-storage",
        };
        self.finding(code, error.to_string())
    }

    fn talk(&self) -> Result<(Tried, Vec<Finding>), Finding> {
        let mut tried = Tried::default();
        let exchanged = self.exchange(&mut tried);
        let found = exchanged.map_err(|error| self.failed(&error))?;
        let mut findings: Vec<_> = found.into_iter().collect();
        // What fails otherwise has been told.
        if self.is_hosts && !self.takes_long_frames().unwrap_or(true) {
            let found = "it ends the connection at a long frame: larger entries are not stored";
            let set = format!("set SCCACHE_MAX_FRAME_LENGTH={HOST_MAX_FRAME} for the daemon");
            let remedy = format!("{set}, and no less by --max-frame for the gateway");
            findings.push(
                self.finding("small-frames", found)
                    .warning()
                    .instead(remedy),
            );
        }
        // The client would be answered with the path of an entry.
        if self.is_hosts && tried.location.starts_with("Local disk") {
            let found = "the daemon answers with paths, which no sandbox sees";
            let finding = self.finding("daemon-sends-paths", found);
            findings.push(finding.warning_if(!self.is_build));
        }
        Ok((tried, findings))
    }

    /// Shakes hands, stores an entry and fetches it again; where nothing may be stored, asks for it alone.
    fn exchange(&self, tried: &mut Tried) -> Result<Option<Finding>, StorageError> {
        let mut storage = Storage::connect(&Address::Socket(self.socket.clone()), LIMITS)?;
        tried.socket.clone_from(&self.socket);
        (tried.location, tried.is_read_only) = storage
            .handshake(|storage: Handshake| (storage.location.to_owned(), storage.is_read_only))?;
        // Who has no release is the gateway.
        tried.version = storage.statistics(|daemon| daemon.version.to_owned())?;
        tried.listener = if tried.version.is_empty() {
            "gateway"
        } else {
            "sccache"
        };

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
        Ok(match refused {
            _ if tried.is_read_only => {
                let found = "it stores nothing: what misses will miss again";
                Some(self.finding("read-only", found).warning())
            }
            Some(why) => Some(self.finding("entry-not-stored", why)),
            None if !is_there => {
                let found = "an entry that was stored is not there afterwards";
                Some(self.finding("entry-not-fetched", found))
            }
            None => {
                tried.round_trip_seconds = Some(took.as_secs_f64());
                let found = format!("storing and fetching a line took {took:.1?}");
                let slow = self.finding("slow", found).warning();
                (took >= SLOW).then_some(slow)
            }
        })
    }

    /// Whether a frame of the length that the host's units plan for is taken: one that is longer than the
    /// gateway or the daemon takes ends the connection as soon as it has begun. Nothing is stored.
    fn takes_long_frames(&self) -> io::Result<bool> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_write_timeout(Some(LIMITS.connect))?;
        stream.set_read_timeout(Some(REFUSAL))?;
        let key = Key::new(KEY).unwrap_or(Key::ZERO);
        let length = u64::from(HOST_MAX_FRAME) - Request::HEAD as u64;
        let start = Request::StoragePutRaw { key, length }.start_of_frame();
        stream.write_all(&start.unwrap_or_default())?;
        // A gateway sees that the daemon has ended when it passes the next piece on.
        let piece = vec![0; 1 << 16];
        for _ in 0..5 {
            let ended = match stream.read(&mut [0]) {
                Ok(answered) => answered == 0,
                Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            };
            if ended || stream.write_all(&piece).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
