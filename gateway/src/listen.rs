//! Listens at the builds' sockets: systemd's, or such that are made here.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use listenfd::ListenFd;
use nix_sccache_contract::host_log::SOCKET;

/// The sockets that builds connect to.
pub struct Sockets {
    /// That of the storage.
    pub storage: UnixListener,
    /// That of builds' logs, where it is wanted.
    pub logs: Option<UnixListener>,
    /// Where they were made; nothing where they are systemd's, which also removes them.
    pub made: Vec<PathBuf>,
}

/// What systemd hands over, or else new sockets there and, with `logs`, beside it, of this mode.
pub fn listen(path: Option<&Path>, mode: u32, logs: bool) -> io::Result<Sockets> {
    let mut given = ListenFd::from_env();
    let count = given.len();
    let given = (0..count).map(|index| given.take_unix_listener(index));
    let given: Vec<_> = given
        .filter_map(io::Result::transpose)
        .collect::<Result<_, _>>()?;
    if !given.is_empty() {
        let (mut of_logs, mut storage): (Vec<_>, Vec<_>) = given.into_iter().partition(is_of_logs);
        if storage.len() != 1 || of_logs.len() > 1 {
            return Err(io::Error::other(format!(
                "systemd hands over {count} sockets, and one is wanted, or another beside it called {SOCKET}: give the \
                 unit one ListenStream= for each"
            )));
        }
        return Ok(Sockets {
            storage: storage.remove(0),
            logs: of_logs.pop().filter(|_| logs),
            made: Vec::new(),
        });
    }
    let Some(path) = path else {
        return Err(io::Error::other(
            "no socket: say --listen PATH, or start it by a socket unit of systemd's",
        ));
    };
    let make = |path: &Path| {
        make(path, mode).map_err(|error| {
            let place = path.display();
            io::Error::new(error.kind(), format!("cannot listen at {place}: {error}"))
        })
    };
    let beside = path.with_file_name(SOCKET);
    let storage = make(path)?;
    let logs = logs.then(|| make(&beside)).transpose()?;
    let beside = logs.is_some().then_some(beside);
    let made = beside.into_iter().chain([path.to_owned()]).collect();
    Ok(Sockets {
        storage,
        logs,
        made,
    })
}

fn is_of_logs(listener: &UnixListener) -> bool {
    let address = listener.local_addr().ok();
    let path = address.as_ref().and_then(|address| address.as_pathname());
    path.is_some_and(|path| path.ends_with(SOCKET))
}

fn make(path: &Path, mode: u32) -> io::Result<UnixListener> {
    remove_stale(path)?;
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(listener)
}

/// A gateway that was killed leaves its socket behind.
fn remove_stale(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("what is there is no socket"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::other("somebody listens there already")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_socket_is_made_with_its_mode_where_none_is_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let socket = make(&path, 0o620).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o620);
        let again = make(&path, 0o620).err().unwrap().to_string();
        assert!(again.contains("already"), "{again}");
        // As a process leaves it that was killed.
        drop(socket);
        assert!(make(&path, 0o600).is_ok());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_socket_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        fs::write(&path, "text").unwrap();
        assert!(make(&path, 0o666).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"text");
    }
}
