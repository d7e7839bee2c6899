//! Reads and writes a socket until a moment, however slowly the other side goes about it.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// A socket, which does not block, and how long it is waited for.
#[derive(Clone, Copy)]
pub struct Timed<'a> {
    /// The socket.
    pub stream: &'a UnixStream,
    /// Until when, in all.
    pub deadline: Instant,
    /// For how long, where nothing moves.
    pub patience: Duration,
}

impl Timed<'_> {
    /// Some bytes; none at the end.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.retry(PollFlags::IN, |mut stream| stream.read(buffer))
    }

    /// As many as there is room for.
    pub fn read_exact(&self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let count = self.read(buffer)?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            buffer = buffer.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// All of them.
    pub fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self.retry(PollFlags::OUT, |mut stream| stream.write(bytes))?;
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    fn retry(
        &self,
        ready: PollFlags,
        mut attempt: impl FnMut(&UnixStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            // Whoever comes by a byte at a time never has to be waited for.
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            match attempt(self.stream) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !wait(self.stream, ready, left.min(self.patience))? {
                        return Err(ErrorKind::TimedOut.into());
                    }
                }
                other => return other,
            }
        }
    }
}

/// Whether the socket is ready, or has ended, within this time.
pub fn wait(stream: &UnixStream, ready: PollFlags, time: Duration) -> io::Result<bool> {
    let time = Timespec::try_from(time).ok();
    let mut polled = [PollFd::new(stream, ready)];
    match poll(&mut polled, time.as_ref()) {
        Ok(count) => Ok(count > 0),
        Err(Errno::INTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Passes this many bytes on, in pieces of the buffer.
pub fn copy(from: Timed, to: Timed, mut count: u64, buffer: &mut [u8]) -> Result<(), Side> {
    while count > 0 {
        let most = usize::try_from(count)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let piece = buffer.get_mut(..most).unwrap_or_default();
        let read = from.read(piece).map_err(Side::From)?;
        if read == 0 {
            return Err(Side::From(ErrorKind::UnexpectedEof.into()));
        }
        to.write_all(piece.get(..read).unwrap_or_default())
            .map_err(Side::To)?;
        count -= read as u64;
    }
    Ok(())
}

/// Which side failed.
#[derive(Debug)]
pub enum Side {
    /// The one that was read.
    From(io::Error),
    /// The one that was written to.
    To(io::Error),
}
