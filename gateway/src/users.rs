//! Counts who is connected, and how many connections each user may have. Builds run as different users,
//! so what one of them takes is taken from none of the others: where all there is is taken, the
//! one with the most makes room for those with fewer.

use std::collections::HashMap;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::timed::wait;

/// All that are connected.
pub struct Users {
    /// Connections of all users together.
    most: usize,
    /// Connections of one user.
    most_of_user: usize,
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    peers: HashMap<u64, Arc<Peer>>,
    /// How many of them each user has.
    counts: HashMap<u32, usize>,
}

/// A connection.
pub struct Peer {
    /// Its socket.
    pub stream: UnixStream,
    /// The number of the user whose it is.
    pub uid: u32,
    id: u64,
    /// Since when it has a request under way, or none, in milliseconds; [`BUSY`] is added while it
    /// has one.
    since: AtomicU64,
    is_ended: AtomicBool,
}

const BUSY: u64 = 1 << 63;

/// The user by whose number limits are counted. Nix can give a build of the feature `uid-range` a
/// block of numbers (`auto-allocate-uids`; the defaults of `start-id` and `id-count`, Nix 2.12 to
/// 2.36): all of them are the first one, as they are one build.
pub fn counted_as(uid: u32) -> u32 {
    const FIRST: u32 = 0x3400_0000;
    const BLOCK: u32 = 1 << 16;
    const BLOCKS: u32 = 128;
    if (FIRST..FIRST + BLOCKS * BLOCK).contains(&uid) {
        uid - uid % BLOCK
    } else {
        uid
    }
}

impl Users {
    /// Nobody yet; so many connections of all, and of one user.
    pub fn new(most: usize, most_of_user: usize) -> Self {
        Self {
            most,
            most_of_user,
            began: Instant::now(),
            inner: Mutex::default(),
        }
    }

    /// Lets a connection in. Where its user has as many as a user may, or all have together, one
    /// ends, of this user or of the one with the most: the one that has been idle for longest. A
    /// user who would still have more than this one also loses what is under way, the longest
    /// first. Otherwise there is no room.
    ///
    /// So whoever has none gets one while there are fewer users than connections.
    pub fn enter(&self, stream: UnixStream, uid: u32) -> Option<Arc<Peer>> {
        let mut inner = self.lock();
        let own = inner.count(uid);
        if own >= self.most_of_user {
            inner.end_one(uid, false)?;
        } else if inner.peers.len() >= self.most {
            // Of those with as many, the one who wants more.
            let counts = inner.counts.iter().map(|(uid, count)| (*count, *uid));
            let (most, from) = counts.max_by_key(|(count, from)| (*count, *from == uid))?;
            inner.end_one(from, from != uid && most > own + 1)?;
        }
        let id = inner.next;
        inner.next += 1;
        let peer = Arc::new(Peer {
            stream,
            uid,
            id,
            since: AtomicU64::new(self.now()),
            is_ended: AtomicBool::new(false),
        });
        inner.peers.insert(id, peer.clone());
        *inner.counts.entry(uid).or_default() += 1;
        Some(peer)
    }

    /// A connection has ended.
    pub fn leave(&self, peer: &Peer) {
        self.lock().remove(peer);
    }

    /// A connection has a request under way, or none.
    pub fn note(&self, peer: &Peer, busy: bool) {
        let since = self.now() | if busy { BUSY } else { 0 };
        peer.since.store(since, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(BUSY - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn count(&self, uid: u32) -> usize {
        self.counts.get(&uid).copied().unwrap_or_default()
    }

    /// Ends one of a user's connections, the one that has been idle for longest, or else under way
    /// for longest where that may be. Nothing where there is none.
    fn end_one(&mut self, uid: u32, even_busy: bool) -> Option<()> {
        let since = |peer: &Arc<Peer>| peer.since.load(Ordering::Relaxed);
        let peers = self.peers.values().filter(|peer| peer.uid == uid);
        let peer = peers
            .filter(|peer| even_busy || since(peer) < BUSY)
            .min_by_key(|peer| since(peer))?
            .clone();
        peer.end();
        self.remove(&peer);
        Some(())
    }

    /// One that was ended is no longer there when its thread leaves.
    fn remove(&mut self, peer: &Peer) {
        if self.peers.remove(&peer.id).is_none() {
            return;
        }
        let left = self.count(peer.uid).saturating_sub(1);
        if left == 0 {
            self.counts.remove(&peer.uid);
        } else {
            self.counts.insert(peer.uid, left);
        }
    }
}

impl Peer {
    /// Ends it: its thread sees the end, and leaves.
    pub fn end(&self) {
        self.is_ended.store(true, Ordering::Relaxed);
        self.stream.shutdown(Shutdown::Both).ok();
    }

    /// Whether it was ended here.
    pub fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Relaxed)
    }

    /// Whether nobody will read an answer: it was ended here, or the client has closed it, even
    /// where not all has been read that was sent before. One that only sends no more still reads.
    pub fn is_gone(&self) -> bool {
        // What is not asked for is told all the same: that both directions are closed.
        self.is_ended()
            || !matches!(
                wait(&self.stream, PollFlags::empty(), Duration::ZERO),
                Ok(false)
            )
    }

    /// One for tests, with its other end.
    #[cfg(test)]
    pub fn pair(uid: u32) -> (Arc<Self>, UnixStream) {
        let (stream, theirs) = UnixStream::pair().unwrap();
        let peer = Self {
            stream,
            uid,
            id: 0,
            since: AtomicU64::new(0),
            is_ended: AtomicBool::new(false),
        };
        (Arc::new(peer), theirs)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn enter(users: &Users, uid: u32) -> Option<(Arc<Peer>, UnixStream)> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        Some((users.enter(ours, uid)?, theirs))
    }

    fn ended(theirs: &mut UnixStream) -> bool {
        theirs.read(&mut [0]).is_ok_and(|count| count == 0)
    }

    #[test]
    fn a_user_who_has_many_loses_the_one_that_was_idle_for_longest() {
        let users = Users::new(4, 3);
        let (first, mut of_first) = enter(&users, 1).unwrap();
        let (_second, mut of_second) = enter(&users, 1).unwrap();
        let (_third, mut of_third) = enter(&users, 1).unwrap();
        std::thread::sleep(Duration::from_millis(5));
        users.note(&first, false);
        assert!(enter(&users, 1).is_some());
        let ends = [&mut of_first, &mut of_second, &mut of_third].map(ended);
        assert!(
            !ends[0] && (ends[1] != ends[2]),
            "the first was active last: {ends:?}"
        );
    }

    #[test]
    fn the_greediest_makes_room_for_others() {
        let users = Users::new(4, 3);
        let mut ours: Vec<_> = (0..3).filter_map(|_| enter(&users, 1)).collect();
        let (_other, mut of_other) = enter(&users, 2).unwrap();
        assert!(enter(&users, 3).is_some());
        assert!(!ended(&mut of_other));
        let lost = ours
            .iter_mut()
            .filter_map(|(_, theirs)| ended(theirs).then_some(()));
        assert_eq!(lost.count(), 1);
    }

    #[test]
    fn what_is_under_way_is_not_ended_for_its_own_user() {
        let users = Users::new(4, 3);
        let ours: Vec<_> = (0..3).filter_map(|_| enter(&users, 1)).collect();
        for (peer, _) in &ours {
            users.note(peer, true);
        }
        assert!(enter(&users, 1).is_none());
        users.leave(&ours[0].0);
        assert!(enter(&users, 1).is_some());
    }

    #[test]
    fn a_build_with_many_users_is_one() {
        assert_eq!(counted_as(0x3400_0000), 0x3400_0000);
        assert_eq!(counted_as(0x3400_0000 + 65_535), 0x3400_0000);
        assert_eq!(counted_as(0x3400_0000 + 65_536), 0x3401_0000);
        for uid in [0, 30_001, 30_002, 0x3400_0000 - 1, 0x3480_0000, u32::MAX] {
            assert_eq!(counted_as(uid), uid);
        }
    }

    #[test]
    fn who_sends_no_more_is_not_gone() {
        let (peer, mut theirs) = Peer::pair(1);
        std::io::Write::write_all(&mut theirs, b"more").unwrap();
        assert!(!peer.is_gone());
        theirs.shutdown(Shutdown::Write).unwrap();
        assert!(!peer.is_gone());
        drop(theirs);
        assert!(peer.is_gone());
    }

    #[test]
    fn users_who_hold_all_with_requests_keep_nobody_out() {
        let users = Users::new(64, 16);
        let mut held = Vec::new();
        for uid in 0..32 {
            for _ in 0..32 {
                let Some((peer, theirs)) = enter(&users, uid) else {
                    continue;
                };
                users.note(&peer, true);
                held.push((peer, theirs));
            }
        }
        // Each has two by now, and may not take a third from another.
        let is_there = |(peer, _): &&(Arc<Peer>, UnixStream)| !peer.is_ended();
        assert_eq!(held.iter().filter(is_there).count(), 64);
        let (new, mut of_new) = enter(&users, 100).unwrap();
        users.note(&new, true);
        assert_eq!(held.iter().filter(is_there).count(), 63);
        // What they try then is at their own expense.
        for uid in 0..32 {
            enter(&users, uid);
        }
        assert!(!ended(&mut of_new));
        // Those that were ended leave late, and are not counted twice.
        for (peer, _) in &held {
            users.leave(peer);
        }
        users.leave(&new);
        let inner = users.lock();
        assert_eq!(inner.peers.len(), inner.counts.values().sum::<usize>());
    }
}
