//! Connects to the daemon.
//!
//! A request knows nothing of the one before it, so a connection is borrowed for one request, and
//! clients that wait, or compile, have none. The daemon therefore sees few of them however many
//! builds there are: sccache's ends when it is out of descriptors.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::timed::wait;

/// The daemon's socket.
pub struct Daemon {
    path: PathBuf,
    idle: Mutex<Vec<UnixStream>>,
}

/// A connection for one request. It ends with the value unless it is given back.
pub struct Borrowed<'a> {
    daemon: &'a Daemon,
    stream: UnixStream,
}

/// How many connections are kept for the next request.
const KEPT: usize = 16;

/// How long to wait for a daemon that does not take connections.
const CONNECTING: Duration = Duration::from_secs(10);

impl Daemon {
    /// The daemon that listens here.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
        }
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A connection.
    pub fn borrow(&self) -> io::Result<Borrowed<'_>> {
        // One that a daemon has left since, or that says something unasked, is of no use.
        let mut idle = self.lock();
        while let Some(stream) = idle.pop() {
            if matches!(wait(&stream, PollFlags::IN, Duration::ZERO), Ok(false)) {
                return Ok(Borrowed {
                    daemon: self,
                    stream,
                });
            }
        }
        drop(idle);
        Ok(Borrowed {
            daemon: self,
            stream: self.connect()?,
        })
    }

    fn connect(&self) -> io::Result<UnixStream> {
        let socket = socket_with(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        set_socket_timeout(&socket, Timeout::Send, Some(CONNECTING))?;
        connect(&socket, &SocketAddrUnix::new(&self.path)?)?;
        let stream = UnixStream::from(socket);
        stream.set_nonblocking(true)?;
        Ok(stream)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<UnixStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Borrowed<'_> {
    /// The connection.
    pub fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// Gives it back: its request has been answered to the end.
    pub fn give_back(self) {
        let mut idle = self.daemon.lock();
        if idle.len() < KEPT {
            idle.push(self.stream);
        }
    }
}
