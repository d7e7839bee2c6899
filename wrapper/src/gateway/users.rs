//! Who is connected, and what each user may have at once. Builds run as different users, so what
//! one of them takes is taken from none of the others.

use std::collections::HashMap;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How much each may have.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// Connections of all users together.
    pub connections: usize,
    /// Connections of one user.
    pub connections_of_user: usize,
    /// Requests of one user that the daemon has at once.
    pub requests_of_user: usize,
    /// Bytes of entries that the daemon holds at once for one user's requests.
    pub memory_of_user: u64,
}

/// All that are connected.
pub struct Users {
    shares: Shares,
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    peers: HashMap<u64, Arc<Peer>>,
    users: HashMap<u32, Arc<User>>,
}

/// A connection.
pub struct Peer {
    /// Its socket.
    pub stream: UnixStream,
    /// Whose it is.
    pub user: Arc<User>,
    id: u64,
    /// Since when it has no request under way, in milliseconds; [`BUSY`] while it has.
    idle_since: AtomicU64,
}

const BUSY: u64 = u64::MAX;

/// A user who is connected.
pub struct User {
    /// The user's number.
    pub uid: u32,
    load: Mutex<Load>,
    freed: Condvar,
}

#[derive(Default)]
struct Load {
    requests: usize,
    memory: u64,
}

/// A request's part of its user's share, which it has until the value ends.
pub struct Part<'a> {
    user: &'a User,
    memory: u64,
}

impl Users {
    /// Nobody yet.
    pub fn new(shares: Shares) -> Self {
        Self {
            shares,
            began: Instant::now(),
            inner: Mutex::default(),
        }
    }

    /// Lets a connection in. Where the user has as many as a user may, or all have together, the
    /// one ends that has been idle for longest, of this user or of the one with the most. Where
    /// none is idle, there is no room.
    pub fn enter(&self, stream: UnixStream, uid: u32) -> Option<Arc<Peer>> {
        let mut inner = self.lock();
        let of_user = |inner: &Inner, uid| {
            let of_it = inner.peers.values().filter(|peer| peer.user.uid == uid);
            of_it.count()
        };
        let from = if of_user(&inner, uid) >= self.shares.connections_of_user {
            Some(uid)
        } else if inner.peers.len() >= self.shares.connections {
            let users = inner.users.keys().copied();
            users.max_by_key(|uid| of_user(&inner, *uid))
        } else {
            None
        };
        if let Some(from) = from {
            let longest = inner
                .peers
                .values()
                .filter(|peer| peer.user.uid == from && peer.idle_since() != BUSY)
                .min_by_key(|peer| peer.idle_since())?
                .clone();
            // Its thread sees the end, and leaves.
            longest.stream.shutdown(Shutdown::Both).ok();
            inner.peers.remove(&longest.id);
        }
        let id = inner.next;
        inner.next += 1;
        let user = inner.users.entry(uid).or_insert_with(|| {
            Arc::new(User {
                uid,
                load: Mutex::default(),
                freed: Condvar::new(),
            })
        });
        let peer = Arc::new(Peer {
            stream,
            user: user.clone(),
            id,
            idle_since: AtomicU64::new(self.now()),
        });
        inner.peers.insert(id, peer.clone());
        Some(peer)
    }

    /// A connection has ended.
    pub fn leave(&self, peer: &Peer) {
        let mut inner = self.lock();
        inner.peers.remove(&peer.id);
        let uid = peer.user.uid;
        if !inner.peers.values().any(|other| other.user.uid == uid) {
            inner.users.remove(&uid);
        }
    }

    /// A connection has a request under way, or none.
    pub fn note(&self, peer: &Peer, busy: bool) {
        let since = if busy { BUSY } else { self.now() };
        peer.idle_since.store(since, Ordering::Relaxed);
    }

    /// A part of the user's share for a request that makes the daemon hold this much, as soon as
    /// there is one; nothing where there is none in time.
    pub fn part<'a>(&self, user: &'a User, memory: u64, deadline: Instant) -> Option<Part<'a>> {
        let memory = memory.min(self.shares.memory_of_user);
        let mut load = user.lock();
        while load.requests >= self.shares.requests_of_user
            || load.memory + memory > self.shares.memory_of_user
        {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            load = user
                .freed
                .wait_timeout(load, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        load.requests += 1;
        load.memory += memory;
        drop(load);
        Some(Part { user, memory })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(BUSY - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer {
    fn idle_since(&self) -> u64 {
        self.idle_since.load(Ordering::Relaxed)
    }
}

impl User {
    fn lock(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part<'_> {
    /// The daemon holds no more than this for the request.
    pub fn shrink(&mut self, memory: u64) {
        let less = self.memory.saturating_sub(memory);
        self.memory -= less;
        self.user.lock().memory -= less;
        self.user.freed.notify_all();
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        let mut load = self.user.lock();
        load.requests -= 1;
        load.memory -= self.memory;
        drop(load);
        self.user.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Duration;

    use super::*;

    fn users() -> Users {
        Users::new(Shares {
            connections: 4,
            connections_of_user: 3,
            requests_of_user: 2,
            memory_of_user: 100,
        })
    }

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
        let users = users();
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
        let users = users();
        let mut ours: Vec<_> = (0..3).filter_map(|_| enter(&users, 1)).collect();
        let (_other, mut of_other) = enter(&users, 2).unwrap();
        assert!(enter(&users, 3).is_some());
        assert!(!ended(&mut of_other));
        assert_eq!(
            ours.iter_mut()
                .filter_map(|(_, theirs)| ended(theirs).then_some(()))
                .count(),
            1
        );
    }

    #[test]
    fn what_is_under_way_is_not_ended() {
        let users = users();
        let ours: Vec<_> = (0..3).filter_map(|_| enter(&users, 1)).collect();
        for (peer, _) in &ours {
            users.note(peer, true);
        }
        assert!(enter(&users, 1).is_none());
        users.leave(&ours[0].0);
        assert!(enter(&users, 1).is_some());
    }

    #[test]
    fn shares_are_a_users_own() {
        let users = users();
        let ((one, _a), (other, _b)) = (enter(&users, 1).unwrap(), enter(&users, 2).unwrap());
        let soon = || Instant::now() + Duration::from_millis(20);
        let mut part = users.part(&one.user, 1000, soon()).unwrap();
        assert!(users.part(&one.user, 1, soon()).is_none());
        assert!(users.part(&other.user, 100, soon()).is_some());
        part.shrink(10);
        let second = users.part(&one.user, 90, soon()).unwrap();
        assert!(
            users.part(&one.user, 0, soon()).is_none(),
            "a third request"
        );
        drop((part, second));
        assert!(users.part(&one.user, 100, soon()).is_some());
    }
}
