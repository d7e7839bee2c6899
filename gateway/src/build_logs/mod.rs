//! Takes what builds tell of themselves at a socket of its own, and keeps it for `nix-sccache builds` and `top`.
//!
//! Nothing is answered there, so no build learns of another. [`line`](mod@line) reads what they say as anybody's bytes, and
//! [`kept`] writes it, within limits of a session, a user and all.

pub mod kept;
mod line;

use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use self::kept::Kept;
use self::line::Told;
use super::log::Log;
use super::timed::Timed;
use super::users::{Peer, Users, counted_as};
use super::workers::Workers;

/// Connections of builds that have not said all yet: of all users, and of one. Who is in time has said all before it is
/// looked at.
pub const CONNECTIONS: usize = 64;
const OF_USER: usize = 8;

/// How long a build may take to say what it has to say.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest that a connection may say. A record of a key has some ten thousand bytes, and a client that waits for nothing
/// can say no more than the kernel takes at once, 208 KiB by default.
pub const LONGEST: usize = 256 << 10;

/// What takes them.
pub struct BuildLogs {
    kept: Kept,
    users: Users,
    workers: Arc<Workers<Slow>>,
    log: Arc<Log>,
}

/// Who has not said all yet: the connection, its user, who is counted with others, and what it said.
type Slow = (Arc<Peer>, u32, Vec<u8>);

impl BuildLogs {
    /// Nobody has said anything yet.
    pub fn new(kept: Kept, log: Arc<Log>) -> Self {
        Self {
            kept,
            users: Users::new(CONNECTIONS, OF_USER),
            workers: Arc::new(Workers::new()),
            log,
        }
    }

    /// Takes what is said, for ever.
    pub fn serve(self: &Arc<Self>, listener: &UnixListener) {
        loop {
            match listener.accept() {
                Ok((stream, _)) => self.enter(stream),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Descriptors come back as connections end.
                Err(_) => thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    fn enter(self: &Arc<Self>, stream: UnixStream) {
        let Ok(credentials) = getsockopt(&stream, PeerCredentials) else {
            return;
        };
        let uid = credentials.uid();
        if !self.kept.listens_to(uid) || stream.set_nonblocking(true).is_err() {
            return;
        }
        let Some(peer) = self.users.enter(stream, counted_as(uid)) else {
            return;
        };
        // Most have said all, and are gone.
        let mut text = Vec::new();
        if hear(&peer.stream, &mut text, Duration::ZERO) {
            self.users.leave(&peer);
            self.keep(uid, &text);
            return;
        }
        let (logs, slow) = (Arc::clone(self), (Arc::clone(&peer), uid, text));
        let heard = self.workers.run(slow, move |(peer, uid, mut text)| {
            hear(&peer.stream, &mut text, PATIENCE);
            logs.users.leave(&peer);
            logs.keep(uid, &text);
        });
        if heard.is_err() {
            self.users.leave(&peer);
        }
    }

    fn keep(&self, uid: u32, text: &[u8]) {
        if let Some(told) = Told::read(text)
            && let Err(error) = self.kept.keep(uid, &told)
        {
            self.log
                .of(uid, format_args!("its log is not kept: {error}"));
        }
    }
}

/// Reads what is said, where nothing is waited for longer than this. Whether that is all.
fn hear(stream: &UnixStream, text: &mut Vec<u8>, patience: Duration) -> bool {
    let said = Timed {
        stream,
        deadline: Instant::now() + PATIENCE,
        patience,
    };
    let mut piece = [0; 16 << 10];
    while text.len() < LONGEST {
        match said.read(&mut piece) {
            Ok(0) => return true,
            Ok(count) => text.extend(piece.get(..count).unwrap_or_default()),
            Err(error) => return error.kind() != ErrorKind::TimedOut,
        }
    }
    true
}
