//! Connects to the storage of this build: the daemon on the host, the session's own server, or, in a shell, the server
//! that sccache's clients would find.

use std::env;
use std::fs;
use std::time::Duration;

use nix_sccache_cache::storage::{Address, Limits, Storage, StorageError};
use nix_sccache_contract as contract;
use nix_sccache_contract::fault::CacheError;
use nix_sccache_contract::wire;

use crate::real_sccache;
use crate::session::Session;
use crate::settings;

/// The port at which sccache's server listens, by default.
const DEFAULT_PORT: u16 = 4226;

/// A storage that answers.
pub struct Connection {
    /// The connection.
    pub storage: Storage,
    /// Whether it takes nothing.
    pub is_read_only: bool,
}

impl Connection {
    /// What an error of the storage is to a build.
    pub fn error(&self, error: &StorageError) -> CacheError {
        error_of(error, self.storage.address())
    }
}

/// Connects, and makes sure that it is a storage; a session does that once.
pub fn connect(session: Option<&Session>) -> Result<Connection, CacheError> {
    let Some(address) = address(session)? else {
        return start();
    };
    let unreachable = |error: &StorageError| error_of(error, &address);
    let local = session.and_then(Session::local);
    let mut storage = Storage::new(&address, limits(), local);
    let known = session.map(|session| session.file("storage"));
    let remembered = known.as_ref().and_then(|file| fs::read(file).ok());
    let is_read_only = match remembered.as_deref() {
        Some(b"read-only") => true,
        Some(b"writable") => false,
        _ => {
            let is_read_only = is_read_only(&mut storage).map_err(|error| match error {
                StorageError::Closed | StorageError::Unexpected => {
                    CacheError::ServerTooOld(address.to_string())
                }
                error => unreachable(&error),
            })?;
            if let Some(file) = known {
                let what = if is_read_only {
                    "read-only"
                } else {
                    "writable"
                };
                fs::write(file, what).ok();
            }
            is_read_only
        }
    };
    Ok(Connection {
        storage,
        is_read_only,
    })
}

/// Asks a storage whether it takes nothing.
fn is_read_only(storage: &mut Storage) -> Result<bool, StorageError> {
    storage.handshake(|told| told.is_read_only)
}

/// Where the storage is; nothing in a shell whose sccache has no server yet.
pub fn address(session: Option<&Session>) -> Result<Option<Address>, CacheError> {
    if let Some(socket) = settings::value(contract::SERVER_UDS) {
        return Ok(Some(Address::Socket(socket.into())));
    }
    if lacks_session(session) {
        return Err(CacheError::SessionMissing);
    }
    let port = port();
    let listens = Storage::connect(&Address::Port(port), limits()).is_ok();
    Ok(listens.then_some(Address::Port(port)))
}

fn port() -> u16 {
    let port = env::var("SCCACHE_SERVER_PORT").ok();
    port.and_then(|port| port.parse().ok())
        .unwrap_or(DEFAULT_PORT)
}

/// Starts sccache's server, as its client would.
fn start() -> Result<Connection, CacheError> {
    let sccache = real_sccache::find().ok_or(CacheError::SccacheMissing)?;
    let started = real_sccache::command_of(&sccache)
        .arg("--start-server")
        .output();
    let output = started
        .map_err(|error| CacheError::SccacheNotRun(format!("{}: {error}", sccache.display())))?;
    let address = Address::Port(port());
    let connected = Storage::connect(&address, limits()).and_then(|mut storage| {
        let is_read_only = is_read_only(&mut storage)?;
        Ok(Connection {
            storage,
            is_read_only,
        })
    });
    connected.map_err(|error| {
        if output.status.success() {
            return error_of(&error, &address);
        }
        CacheError::ServerNotStarted(
            String::from_utf8_lossy(&output.stderr)
                .trim()
                .replace('\n', "; "),
        )
    })
}

/// What an error of the storage is to a build.
fn error_of(error: &StorageError, address: &Address) -> CacheError {
    match error {
        StorageError::Silent(time) => CacheError::ServerSilent(in_seconds(*time)),
        StorageError::Unreachable(error) => {
            CacheError::ServerUnreachable(format!("{address}: {error}"))
        }
        other => CacheError::StorageFailed(other.to_string()),
    }
}

/// A time as messages have it.
pub fn in_seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

/// How long to wait for the cache, and how long a frame may be.
pub fn limits() -> Limits {
    let seconds = settings::text(contract::TIMEOUT).and_then(|seconds| seconds.parse().ok());
    let timeout = Duration::from_secs(seconds.unwrap_or(u64::from(contract::DEFAULT_TIMEOUT)));
    Limits {
        connect: timeout,
        answer: timeout,
        frame: wire::HOST_MAX_FRAME,
    }
}

/// The longest frame that the storage takes for sure.
pub fn longest_frame() -> u32 {
    let given = settings::text("SCCACHE_MAX_FRAME_LENGTH").and_then(|frame| frame.parse().ok());
    given.unwrap_or(wire::DEFAULT_MAX_FRAME)
}

/// Whether this is a build whose transport wants a server, and there is no session that has
/// started one.
pub fn lacks_session(session: Option<&Session>) -> bool {
    let in_build = env::var_os("NIX_BUILD_TOP").is_some() && env::var_os("IN_NIX_SHELL").is_none();
    in_build
        && session.is_none()
        && settings::value(contract::SERVER_UDS).is_none()
        && settings::value(contract::TRANSPORT).is_some()
}
