//! Listens at the builds' socket: systemd's, or one that is made here.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use listenfd::ListenFd;

/// A socket that builds connect to.
pub struct Socket {
    /// It.
    pub listener: UnixListener,
    /// Where it was made; nothing where it is systemd's, which also removes it.
    pub made: Option<PathBuf>,
}

/// What systemd hands over, or else a new socket there, with this mode.
pub fn listen(path: Option<&Path>, mode: u32) -> io::Result<Socket> {
    let mut given = ListenFd::from_env();
    if given.len() > 1 {
        return Err(io::Error::other(format!(
            "systemd hands over {} sockets, and one is wanted: give the unit a single ListenStream=",
            given.len()
        )));
    }
    if let Some(listener) = given.take_unix_listener(0)? {
        return Ok(Socket {
            listener,
            made: None,
        });
    }
    let Some(path) = path else {
        return Err(io::Error::other(
            "no socket: say --listen PATH, or start it by a socket unit of systemd's",
        ));
    };
    make(path, mode).map_err(|error| {
        let place = path.display();
        io::Error::new(error.kind(), format!("cannot listen at {place}: {error}"))
    })
}

fn make(path: &Path, mode: u32) -> io::Result<Socket> {
    remove_stale(path)?;
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(Socket {
        listener,
        made: Some(path.to_owned()),
    })
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
        drop(socket.listener);
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
