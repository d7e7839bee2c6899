//! The daemon, and the connections to it.
//!
//! A request knows nothing of the one before it, so a connection is borrowed for one request, and
//! clients that wait, or compile, have none. The daemon therefore sees few of them however many
//! builds there are: sccache's ends when it is out of descriptors.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::timed::wait;

/// The daemon's socket.
pub struct Daemon {
    path: PathBuf,
    most: usize,
    connections: Mutex<Connections>,
    freed: Condvar,
}

struct Connections {
    idle: Vec<UnixStream>,
    borrowed: usize,
}

/// A connection for one request. It ends with the value unless it is given back.
pub struct Borrowed<'a> {
    daemon: &'a Daemon,
    stream: Option<UnixStream>,
}

/// How many connections are kept for the next request.
const KEPT: usize = 16;

/// How long to wait for a daemon that does not take connections.
const CONNECTING: Duration = Duration::from_secs(10);

impl Daemon {
    /// The daemon that listens here, with this many connections at most.
    pub fn new(path: PathBuf, most: usize) -> Self {
        Self {
            path,
            most,
            connections: Mutex::new(Connections {
                idle: Vec::new(),
                borrowed: 0,
            }),
            freed: Condvar::new(),
        }
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many requests it has.
    pub fn requests(&self) -> usize {
        self.lock().borrowed
    }

    /// A connection, as soon as there is one.
    pub fn borrow(&self, deadline: Instant) -> io::Result<Borrowed<'_>> {
        let mut connections = self.lock();
        while connections.borrowed >= self.most {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            connections = self
                .freed
                .wait_timeout(connections, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        connections.borrowed += 1;
        let mut borrowed = Borrowed {
            daemon: self,
            stream: None,
        };
        // One that a daemon has left since, or that says something unasked, is of no use.
        while let Some(stream) = connections.idle.pop() {
            if matches!(wait(&stream, PollFlags::IN, Duration::ZERO), Ok(false)) {
                borrowed.stream = Some(stream);
                return Ok(borrowed);
            }
        }
        drop(connections);
        borrowed.stream = Some(self.connect()?);
        Ok(borrowed)
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Connections> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Borrowed<'_> {
    /// The connection.
    pub fn stream(&self) -> io::Result<&UnixStream> {
        self.stream
            .as_ref()
            .ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Gives it back: its request has been answered to the end.
    pub fn give_back(mut self) {
        let mut connections = self.daemon.lock();
        if connections.idle.len() < KEPT {
            connections.idle.extend(self.stream.take());
        }
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        self.daemon.lock().borrowed -= 1;
        self.daemon.freed.notify_one();
    }
}
