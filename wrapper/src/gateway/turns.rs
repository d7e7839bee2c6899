//! Turns: which requests the daemon has, and how much it holds for them, of one user and of all.
//!
//! What is beyond a user's own share waits for that user's requests to end. Where all is taken
//! that all users may have together, the next turn is that of the user who has fewest requests
//! under way, and a request that waits for a slow client is ended for those that wait. Whose
//! request that was is the last for a while, and waited for no longer. A client that has gone is
//! waited for by nobody.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::users::Peer;

/// How much there may be at once.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// Requests of all users together that the daemon has.
    pub requests: usize,
    /// Those of one user.
    pub requests_of_user: usize,
    /// Bytes of entries that the daemon holds for the requests of all users.
    pub memory: u64,
    /// Those for one user's.
    pub memory_of_user: u64,
}

/// All turns.
pub struct Turns {
    shares: Shares,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    users: HashMap<u32, User>,
    under_way: BTreeMap<u64, UnderWay>,
    /// What those that are under way hold.
    memory: u64,
}

/// A user with requests, or one who was slow of late.
#[derive(Default)]
struct User {
    requests: usize,
    memory: u64,
    /// Until when this one is the last.
    last_until: Option<Instant>,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    id: u64,
    peer: Arc<Peer>,
    memory: u64,
    /// How many bytes are to come from the client.
    rest: u64,
    turn: Arc<Condvar>,
}

struct UnderWay {
    peer: Arc<Peer>,
    memory: u64,
    /// From when on the client is slow; nothing while the daemon is waited for.
    slow_from: Option<Instant>,
    /// Whether it was told to end.
    is_ended: bool,
}

/// A request's turn, which it has until the value ends.
pub struct Turn<'a> {
    turns: &'a Turns,
    id: u64,
}

/// How long a client may take while others wait, and how many bytes a second beyond that. It
/// writes to, or reads from, a socket of this machine.
const QUICK: Duration = Duration::from_millis(500);
const QUICK_RATE: u64 = 128 << 20;

/// For how long a user is the last who was slow.
const LAST: Duration = Duration::from_mins(1);

/// How often those that wait look for what can be ended, and whether their own client is there.
const LOOK: Duration = Duration::from_millis(100);

impl Turns {
    /// None yet.
    pub fn new(shares: Shares) -> Self {
        Self {
            shares,
            state: Mutex::default(),
        }
    }

    /// A turn for a request of which `rest` bytes are to come, and for which the daemon may hold
    /// this much; nothing where there is none in time, or the client has gone.
    pub fn take(
        &self,
        peer: &Arc<Peer>,
        memory: u64,
        rest: u64,
        deadline: Instant,
    ) -> Option<Turn<'_>> {
        let shares = &self.shares;
        let turn = Arc::new(Condvar::new());
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        let user = state.users.entry(peer.uid).or_default();
        user.waiting.push_back(Waiting {
            id,
            peer: Arc::clone(peer),
            memory: memory.min(shares.memory_of_user).min(shares.memory),
            rest,
            turn: Arc::clone(&turn),
        });
        loop {
            let now = Instant::now();
            state.begin(shares, now);
            if state.under_way.contains_key(&id) {
                return Some(Turn { turns: self, id });
            }
            let left = deadline.saturating_duration_since(now);
            if left.is_zero() || peer.is_gone() {
                state.give_up(peer.uid, id, shares, now);
                return None;
            }
            state.end_slow(shares, now);
            let waited = turn.wait_timeout(state, left.min(LOOK));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many requests the daemon has.
    pub fn under_way(&self) -> usize {
        self.lock().under_way.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whose turn is next: of those whose own share has room, and of each the first that came.
    fn next(&self, shares: &Shares, now: Instant) -> Option<(u32, u64)> {
        let waiting = self.users.iter().filter_map(|(uid, user)| {
            let first = user.waiting.front()?;
            let has_room = user.requests < shares.requests_of_user
                && user.memory + first.memory <= shares.memory_of_user;
            let order = (user.is_last(now), user.requests, first.id);
            has_room.then_some((order, *uid, first.memory))
        });
        let (_, uid, memory) = waiting.min()?;
        Some((uid, memory))
    }

    /// Begins what there is room for. Nothing passes the one whose turn is next: what is small
    /// would let what is large wait for ever.
    fn begin(&mut self, shares: &Shares, now: Instant) {
        while let Some((uid, memory)) = self.next(shares, now) {
            if self.under_way.len() >= shares.requests || self.memory + memory > shares.memory {
                return;
            }
            let Some(user) = self.users.get_mut(&uid) else {
                return;
            };
            let Some(first) = user.waiting.pop_front() else {
                return;
            };
            user.requests += 1;
            user.memory += memory;
            self.memory += memory;
            let begun = UnderWay {
                peer: first.peer,
                memory,
                slow_from: (first.rest > 0).then(|| now + quick(first.rest)),
                is_ended: false,
            };
            self.under_way.insert(first.id, begun);
            first.turn.notify_one();
        }
    }

    /// Ends what waits for slow clients, as much of it as whoever is next needs.
    fn end_slow(&mut self, shares: &Shares, now: Instant) {
        let Some((next, wanted)) = self.next(shares, now) else {
            return;
        };
        let is_last = |state: &Self, uid| {
            let user = state.users.get(&uid);
            user.is_some_and(|user| user.is_last(now))
        };
        let next_is_last = is_last(self, next);
        loop {
            let stay = self.under_way.values().filter(|one| !one.is_ended);
            let (requests, memory) = stay.fold((0, 0), |(requests, memory), one| {
                (requests + 1, memory + one.memory)
            });
            if requests < shares.requests && memory + wanted <= shares.memory {
                return;
            }
            let slow = self.under_way.iter().filter_map(|(id, one)| {
                let (uid, from) = (one.peer.uid, one.slow_from?);
                let may_end = from <= now || (is_last(self, uid) && !next_is_last);
                (may_end && !one.is_ended && uid != next).then_some((from, *id))
            });
            let Some((_, id)) = slow.min() else {
                return;
            };
            if let Some(one) = self.under_way.get_mut(&id) {
                one.is_ended = true;
                one.peer.end();
                let user = self.users.entry(one.peer.uid).or_default();
                user.last_until = Some(now + LAST);
            }
            self.users.retain(|_, user| user.is_there(now));
        }
    }

    fn give_up(&mut self, uid: u32, id: u64, shares: &Shares, now: Instant) {
        if let Some(user) = self.users.get_mut(&uid) {
            user.waiting.retain(|waiting| waiting.id != id);
            if !user.is_there(now) {
                self.users.remove(&uid);
            }
        }
        self.begin(shares, now);
    }

    /// A request holds no more than this.
    fn shrink(&mut self, id: u64, memory: u64) {
        let Some(one) = self.under_way.get_mut(&id) else {
            return;
        };
        let less = one.memory.saturating_sub(memory);
        one.memory -= less;
        self.memory -= less;
        if let Some(user) = self.users.get_mut(&one.peer.uid) {
            user.memory -= less;
        }
    }
}

impl User {
    fn is_last(&self, now: Instant) -> bool {
        self.last_until.is_some_and(|until| now < until)
    }

    fn is_there(&self, now: Instant) -> bool {
        self.requests > 0 || !self.waiting.is_empty() || self.is_last(now)
    }
}

impl Turn<'_> {
    /// The client has sent all: what is waited for is the daemon.
    pub fn sent(&self) {
        let mut state = self.turns.lock();
        if let Some(one) = state.under_way.get_mut(&self.id) {
            one.slow_from = None;
        }
    }

    /// The daemon answers with so many bytes, of which it still holds some: what is waited for is
    /// the client.
    pub fn answered(&self, bytes: u64, held: u64) {
        let now = Instant::now();
        let mut state = self.turns.lock();
        state.shrink(self.id, held);
        if let Some(one) = state.under_way.get_mut(&self.id) {
            one.slow_from = Some(now + quick(bytes));
        }
        state.begin(&self.turns.shares, now);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut state = self.turns.lock();
        state.shrink(self.id, 0);
        let Some(one) = state.under_way.remove(&self.id) else {
            return;
        };
        let uid = one.peer.uid;
        if let Some(user) = state.users.get_mut(&uid) {
            user.requests -= 1;
            if !user.is_there(now) {
                state.users.remove(&uid);
            }
        }
        state.begin(&self.turns.shares, now);
    }
}

/// How long a client may take for so many bytes.
fn quick(bytes: u64) -> Duration {
    QUICK + Duration::from_millis(bytes / (QUICK_RATE / 1000))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn turns(requests: usize) -> Turns {
        Turns::new(Shares {
            requests,
            requests_of_user: 2,
            memory: 250,
            memory_of_user: 100,
        })
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn shares_are_a_users_own() {
        let turns = turns(8);
        let ((one, _a), (other, _b)) = (Peer::pair(1), Peer::pair(2));
        let first = turns.take(&one, 1000, 0, soon()).unwrap();
        assert!(turns.take(&one, 1, 0, soon()).is_none());
        assert!(turns.take(&other, 100, 0, soon()).is_some());
        first.answered(10, 10);
        let second = turns.take(&one, 90, 0, soon()).unwrap();
        assert!(turns.take(&one, 0, 0, soon()).is_none(), "a third request");
        drop((first, second));
        assert!(turns.take(&one, 100, 0, soon()).is_some());
        assert_eq!(turns.under_way(), 0);
        let state = turns.lock();
        assert_eq!((state.memory, state.users.len()), (0, 0));
    }

    #[test]
    fn all_together_have_a_limit() {
        for (turns, memory) in [(turns(8), 100), (turns(2), 0)] {
            let (peers, _theirs): (Vec<_>, Vec<_>) = (0..4).map(Peer::pair).unzip();
            let first = turns.take(&peers[0], memory, 0, soon()).unwrap();
            let second = turns.take(&peers[1], memory, 0, soon()).unwrap();
            assert!(turns.take(&peers[2], memory, 0, soon()).is_none());
            // What is small does not pass what is large.
            thread::scope(|scope| {
                let large = scope.spawn(|| turns.take(&peers[2], memory, 0, later()).is_some());
                while turns.lock().users.len() < 3 {
                    thread::yield_now();
                }
                assert!(turns.take(&peers[3], 1, 0, soon()).is_none());
                drop(first);
                assert!(large.join().unwrap());
            });
            assert!(!peers[1].is_ended(), "the daemon is slow, and no client");
            drop(second);
        }
    }

    #[test]
    fn who_has_fewest_is_the_next() {
        let turns = turns(2);
        let (greedy, _a) = Peer::pair(1);
        let (other, _b) = Peer::pair(2);
        let [first, second] = [0; 2].map(|_| turns.take(&greedy, 0, 0, soon()).unwrap());
        let order = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for (many, peer) in [&greedy, &greedy, &other].into_iter().enumerate() {
                let (turns, order) = (&turns, &order);
                scope.spawn(move || {
                    let turn = turns.take(peer, 0, 0, later());
                    order.lock().unwrap().push(peer.uid);
                    drop(turn);
                });
                let waiting = || {
                    let state = turns.lock();
                    state
                        .users
                        .values()
                        .map(|user| user.waiting.len())
                        .sum::<usize>()
                };
                while waiting() < many + 1 {
                    thread::yield_now();
                }
            }
            drop(first);
        });
        drop(second);
        assert_eq!(order.into_inner().unwrap(), [2, 1, 1]);
    }

    /// As many as can be named hold all there is with frames that never end.
    #[test]
    fn whoever_is_slow_makes_room() {
        let turns = turns(8);
        let (new, _theirs) = Peer::pair(100);
        let attack = |uid: u32| {
            let turns = &turns;
            move || {
                for _ in 0..40 {
                    let (peer, _theirs) = Peer::pair(uid);
                    let turn = turns.take(&peer, 100, 100, Instant::now() + Duration::from_secs(4));
                    while turn.is_some() && !peer.is_ended() {
                        if turns.lock().next > 10_000 {
                            return;
                        }
                        thread::sleep(Duration::from_millis(1));
                    }
                }
            }
        };
        thread::scope(|scope| {
            for uid in 0..4 {
                scope.spawn(attack(uid));
            }
            while turns.under_way() < 2 {
                thread::yield_now();
            }
            // Once for all of them; then they are known.
            let began = Instant::now();
            for _ in 0..4 {
                let turn = turns.take(&new, 100, 0, later());
                assert!(turn.is_some());
            }
            assert!(began.elapsed() < 5 * QUICK, "{:?}", began.elapsed());
            let began = Instant::now();
            for _ in 0..50 {
                assert!(turns.take(&new, 100, 0, later()).is_some());
            }
            assert!(began.elapsed() < 5 * QUICK, "{:?}", began.elapsed());
            turns.lock().next = 20_000;
        });
        assert!(!new.is_ended());
    }

    #[test]
    fn a_client_that_has_gone_is_not_waited_for() {
        let turns = turns(1);
        let ((one, _a), (other, theirs)) = (Peer::pair(1), Peer::pair(2));
        let turn = turns.take(&one, 0, 0, soon()).unwrap();
        drop(theirs);
        let began = Instant::now();
        assert!(turns.take(&other, 0, 0, later()).is_none());
        assert!(began.elapsed() < Duration::from_secs(5));
        drop(turn);
        assert!(turns.lock().users.is_empty());
    }

    #[test]
    fn a_connection_that_was_ended_waits_no_longer() {
        let turns = turns(1);
        let ((one, _a), (other, _b)) = (Peer::pair(1), Peer::pair(2));
        let turn = turns.take(&one, 0, 0, soon()).unwrap();
        other.end();
        let began = Instant::now();
        assert!(turns.take(&other, 0, 0, later()).is_none());
        assert!(began.elapsed() < Duration::from_secs(5));
        drop(turn);
        assert!(turns.lock().users.is_empty());
    }
}
