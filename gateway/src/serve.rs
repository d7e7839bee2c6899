//! Serves connections: each has a thread, which passes one request at a time to the daemon, and its
//! answer back, before it looks at the next. So the daemon never has more of a client's than it
//! answers.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;
use nix_sccache_contract::wire::{self, HEADER, Request, Response};
use rustix::event::PollFlags;

use super::daemon::Daemon;
use super::decide::{self, Answer, Refusal, Verdict, decide};
use super::log::Log;
use super::timed::{Side, Timed, copy, wait};
use super::turns::Turns;
use super::users::{Peer, Users, counted_as};
use super::workers::Workers;
use super::writers::Writers;

/// What a gateway does.
pub struct Gateway {
    /// The daemon.
    pub daemon: Daemon,
    /// Those who are connected.
    pub users: Users,
    /// The requests that the daemon has.
    pub turns: Turns,
    /// The threads.
    pub workers: Arc<Workers<Arc<Peer>>>,
    /// The log.
    pub log: Arc<Log>,
    /// How far it goes with a client.
    pub terms: Terms,
}

/// How far it goes with a client.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Who may store.
    pub writers: Writers,
    /// How long a frame may be.
    pub frame: u32,
    /// How long a frame may take, and a reader, beyond what its size needs.
    pub patience: Duration,
    /// How long a connection may have no request under way.
    pub idle: Duration,
}

/// How long the daemon may take for an answer: its storage may be far away.
const ANSWER: Duration = Duration::from_mins(5);

/// What is passed on at once. Each request that the daemon has may need this much here.
pub const PIECE: usize = 128 << 10;

/// The slowest that a large frame may be sent, or read, in bytes a second.
const SLOWEST: u64 = 1 << 20;

/// Why a connection ended.
enum End {
    /// It was the client's wish, or ours.
    Quietly,
    /// For this reason.
    For(String),
}

impl Gateway {
    /// Lets clients in, for ever.
    pub fn serve(self: &Arc<Self>, listener: &UnixListener) {
        loop {
            match listener.accept() {
                Ok((stream, _)) => self.enter(stream),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // Descriptors come back as connections end.
                    self.log.line(format_args!("no connection taken: {error}"));
                    thread::sleep(Duration::from_millis(200));
                }
            }
        }
    }

    fn enter(self: &Arc<Self>, stream: UnixStream) {
        // By way of `nix`: to rustix a process of another namespace, whose number is 0, is an error.
        let uid = match getsockopt(&stream, PeerCredentials) {
            Ok(credentials) => counted_as(credentials.uid()),
            Err(error) => {
                self.log
                    .line(format_args!("who connects is not known: {error}"));
                return;
            }
        };
        if let Err(error) = stream.set_nonblocking(true) {
            self.log.of(uid, error);
            return;
        }
        let Some(peer) = self.users.enter(stream, uid) else {
            self.log.of(uid, "refused one more connection");
            return;
        };
        let gateway = Arc::clone(self);
        let served = Arc::clone(&peer);
        if let Err(error) = self
            .workers
            .run(served, move |peer| gateway.until_its_end(&peer))
        {
            self.users.leave(&peer);
            self.log
                .of(uid, format_args!("refused a connection: {error}"));
        }
    }

    fn until_its_end(&self, peer: &Arc<Peer>) {
        if let Err(End::For(why)) = self.converse(peer) {
            self.log.of(peer.uid, why);
        }
        self.users.leave(peer);
        // The end is to be seen even where another part of the gateway still has the socket.
        peer.stream.shutdown(Shutdown::Both).ok();
    }

    /// Serves a client's requests, one after the other.
    fn converse(&self, peer: &Arc<Peer>) -> Result<(), End> {
        loop {
            match wait(&peer.stream, PollFlags::IN, self.terms.idle) {
                Ok(true) => {}
                Ok(false) | Err(_) => return Err(End::Quietly),
            }
            self.users.note(peer, true);
            self.request(peer)?;
            self.users.note(peer, false);
        }
    }

    fn request(&self, peer: &Arc<Peer>) -> Result<(), End> {
        let mut client = Timed {
            stream: &peer.stream,
            deadline: Instant::now() + self.terms.patience,
            patience: self.terms.patience,
        };
        // The beginning of a frame, as it is passed on.
        let mut start = [0; HEADER + Request::HEAD];
        let (header, head) = start.split_at_mut(HEADER);
        let first = client.read(header).map_err(|_| End::Quietly)?;
        if first == 0 {
            return Err(End::Quietly);
        }
        if first < HEADER {
            let rest = header.get_mut(first..).unwrap_or_default();
            client.read_exact(rest).map_err(|error| half(&error))?;
        }
        let length = wire::body_length(*header.first_chunk().unwrap_or(&[0; HEADER]));
        if length > self.terms.frame {
            return Err(End::For(format!(
                "refused a frame of {length} bytes: --max-frame is {}",
                self.terms.frame
            )));
        }
        client.deadline += time_for(length);
        let in_head = Request::HEAD.min(usize::try_from(length).unwrap_or(Request::HEAD));
        let head = head.get_mut(..in_head).unwrap_or_default();
        client.read_exact(head).map_err(|error| half(&error))?;
        let rest = u64::from(length) - in_head as u64;

        let holds = match decide(length, head, !self.terms.writers.has(peer.uid)) {
            Verdict::Refuse(refusal) => return self.refuse(peer, client, refusal, rest),
            Verdict::Fetch => u64::from(self.terms.frame),
            Verdict::Pass => u64::from(length),
        };
        let start = start.get(..HEADER + in_head).unwrap_or_default();
        self.pass(peer, client, start, rest, holds)
    }

    /// Passes a request on, of which `start` has been read and `rest` bytes have not, and its
    /// answer back. The daemon holds up to `holds` bytes for it.
    fn pass(
        &self,
        peer: &Arc<Peer>,
        client: Timed,
        start: &[u8],
        rest: u64,
        holds: u64,
    ) -> Result<(), End> {
        let passed = self.exchange(peer, client, start, rest, holds);
        passed.map_err(|end| {
            if peer.is_ended() {
                End::For("ended a request to make room for those of others".to_owned())
            } else {
                end
            }
        })
    }

    fn exchange(
        &self,
        peer: &Arc<Peer>,
        client: Timed,
        start: &[u8],
        rest: u64,
        holds: u64,
    ) -> Result<(), End> {
        // What a client asked for that has gone, as one that was killed, is not worked off.
        if peer.is_gone() {
            return Err(End::Quietly);
        }
        let until = Instant::now() + ANSWER;
        let Some(turn) = self.turns.take(peer, holds, rest, until) else {
            return Err(if peer.is_gone() {
                End::Quietly
            } else {
                End::For("too many requests at once".to_owned())
            });
        };
        if peer.is_gone() {
            return Err(End::Quietly);
        }
        let borrowed = self.daemon.borrow().map_err(|error| self.lost(&error))?;
        let mut daemon = Timed {
            stream: borrowed.stream(),
            deadline: until,
            patience: ANSWER,
        };
        // Waiting for a turn is not the client's fault.
        let mut client = Timed {
            deadline: Instant::now() + self.terms.patience + time_for(rest),
            ..client
        };
        daemon.write_all(start).map_err(|error| self.lost(&error))?;
        let mut buffer = Vec::new();
        if rest > 0 {
            buffer = piece_of(rest)?;
            copy(client, daemon, rest, &mut buffer)
                .map_err(|side| self.failed(side, "half a frame"))?;
            turn.sent();
        }

        daemon.deadline = Instant::now() + ANSWER;
        let mut header = [0; HEADER];
        daemon
            .read_exact(&mut header)
            .map_err(|error| self.lost(&error))?;
        let length = u64::from(wire::body_length(header));
        client.deadline = Instant::now() + self.terms.patience + time_for(length);
        daemon.deadline = client.deadline;
        // Most answers are short, and go as one.
        let whole = HEADER as u64 + length;
        if buffer.len() < PIECE {
            buffer = piece_of(whole)?;
        }
        let first = usize::try_from(whole)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if let Some((front, behind)) = buffer
            .get_mut(..first)
            .and_then(<[u8]>::split_first_chunk_mut::<HEADER>)
        {
            *front = header;
            daemon
                .read_exact(behind)
                .map_err(|error| self.lost(&error))?;
        }
        // Of what came as one the daemon holds nothing.
        let behind = whole - first as u64;
        turn.answered(whole, if behind > 0 { length } else { 0 });
        let unread = || End::For("stopped waiting for a client that does not read".to_owned());
        client
            .write_all(buffer.get(..first).unwrap_or_default())
            .map_err(|error| {
                if timed_out(&error) {
                    unread()
                } else {
                    End::Quietly
                }
            })?;
        copy(daemon, client, behind, &mut buffer).map_err(|side| match side {
            Side::From(error) => self.lost(&error),
            Side::To(error) if timed_out(&error) => unread(),
            Side::To(_) => End::Quietly,
        })?;
        borrowed.give_back();
        Ok(())
    }

    /// Answers a request that the daemon does not see, of which `rest` bytes are to come.
    fn refuse(
        &self,
        peer: &Peer,
        client: Timed,
        Refusal { what, answer }: Refusal,
        mut rest: u64,
    ) -> Result<(), End> {
        let Some(response) = decide::response(answer) else {
            return Err(End::For(format!("refused a request {what}")));
        };
        // A build that shows its statistics, or a client that adds its own, does nothing that anyone need know.
        if !matches!(answer, Answer::NoStatistics | Answer::Recorded) {
            self.log
                .of(peer.uid, format_args!("refused a request {what}"));
        }
        let mut unread = [0; 16 << 10];
        while rest > 0 {
            let most = unread
                .len()
                .min(usize::try_from(rest).unwrap_or(usize::MAX));
            let count = client
                .read(unread.get_mut(..most).unwrap_or_default())
                .map_err(|error| half(&error))?;
            if count == 0 {
                return Err(End::Quietly);
            }
            rest -= count as u64;
        }
        respond(client, response)
    }

    fn failed(&self, side: Side, what: &str) -> End {
        match side {
            Side::From(error) if timed_out(&error) => {
                End::For(format!("stopped waiting for {what}"))
            }
            Side::From(_) => End::Quietly,
            Side::To(error) => self.lost(&error),
        }
    }

    fn lost(&self, error: &io::Error) -> End {
        let place = self.daemon.path().display();
        End::For(match error.kind() {
            ErrorKind::UnexpectedEof => format!("the daemon at {place} ended the connection"),
            ErrorKind::TimedOut => format!("the daemon at {place} does not answer"),
            _ => format!("the daemon at {place}: {error}"),
        })
    }
}

/// Gives a response in the daemon's place.
fn respond(client: Timed, response: Response) -> Result<(), End> {
    let frame = response.start_of_frame().ok_or(End::Quietly)?;
    client.write_all(&frame).map_err(|_| End::Quietly)
}

fn half(error: &io::Error) -> End {
    if timed_out(error) {
        End::For("stopped waiting for half a frame".to_owned())
    } else {
        End::Quietly
    }
}

fn timed_out(error: &io::Error) -> bool {
    error.kind() == ErrorKind::TimedOut
}

/// The time that this many bytes may take.
fn time_for(bytes: impl Into<u64>) -> Duration {
    Duration::from_secs(bytes.into() / SLOWEST)
}

/// Room for a piece of this many bytes.
fn piece_of(bytes: u64) -> Result<Vec<u8>, End> {
    let length = usize::try_from(bytes).unwrap_or(PIECE).min(PIECE);
    let mut piece = Vec::new();
    piece
        .try_reserve_exact(length)
        .map_err(|error| End::For(format!("refused a request: {error}")))?;
    piece.resize(length, 0);
    Ok(piece)
}
