//! Gives turns: which requests the daemon has, and how much it holds for them, of one user and of all.
//!
//! What is beyond a user's own share waits for that user's requests to end. Of those that wait, the
//! next turn is that of the user who will have been served least with it: each has an account, to
//! which requests are charged by what they move, and whoever comes new begins where the others are
//! (fair queueing, as networks have it). Of equals, the one goes first who was served the longest
//! ago. So however many users have however many requests, another's small one waits for none of
//! their queues.
//!
//! What is large does not fill the daemon: it has one thread to each entry, and not many of them,
//! and what is small would wait behind. Requests of which the size is not known yet are as large
//! as the user's others were of late.
//!
//! Where all is taken that all users may have together, a request that waits for a slow client is
//! ended for those that wait. Whose request that was is the last for a while, and waited for no
//! longer. A client that has gone is waited for by nobody.

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
    /// Bytes of large entries that the daemon reads or writes at once; one entry may have more.
    pub large: u64,
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
    /// Those of users who are there, and of others who were of late.
    accounts: HashMap<u32, Account>,
    /// What the one had been served whose request began last.
    clock: u64,
    under_way: BTreeMap<u64, UnderWay>,
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

/// What a user was served.
#[derive(Clone, Copy, Default)]
struct Account {
    /// Bytes, and [`REQUEST`] for each request; no less than the clock said when the first of these
    /// requests came.
    served: u64,
    /// The number of the turn that was the last.
    last: u64,
    /// How long an entry that this user asks for is likely to be; nothing where none is known.
    usual: Option<u64>,
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
    /// What its user's account was charged.
    charged: u64,
    /// How many bytes the daemon is to read or write; none when it has answered.
    work: u64,
    /// Whether it was begun without its size being known.
    is_guess: bool,
    /// From when on the client is slow; nothing while the daemon is waited for.
    slow_from: Option<Instant>,
    /// Whether it was told to end.
    is_ended: bool,
}

/// A request that may be the next.
#[derive(Clone, Copy)]
struct Next {
    uid: u32,
    memory: u64,
    work: u64,
}

/// What requests that are under way take.
#[derive(Default)]
struct Taken {
    requests: usize,
    memory: u64,
    /// The part of that for what is large.
    memory_of_large: u64,
    /// What the daemon has to do for what is large.
    work: u64,
}

/// A request's turn, which it has until the value ends.
pub struct Turn<'a> {
    turns: &'a Turns,
    id: u64,
}

/// What a request costs beside the bytes that it moves, in bytes that take as long.
const REQUEST: u64 = 64 << 10;

/// What is longer than this is large.
const SMALL: u64 = 1 << 20;

/// A share of the memory, one part in so many, is for what is small alone.
const FOR_SMALL: u64 = 8;

/// How many accounts are kept of users who have nothing under way.
const ACCOUNTS: usize = 4096;

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
        let mut state = self.lock();
        let (id, turn) = state.ask(peer, memory, rest, shares);
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
    /// Lets a request wait.
    fn ask(
        &mut self,
        peer: &Arc<Peer>,
        memory: u64,
        rest: u64,
        shares: &Shares,
    ) -> (u64, Arc<Condvar>) {
        let id = self.next;
        self.next += 1;
        let user = self.users.entry(peer.uid).or_default();
        let comes_new = user.requests == 0 && user.waiting.is_empty();
        let turn = Arc::new(Condvar::new());
        user.waiting.push_back(Waiting {
            id,
            peer: Arc::clone(peer),
            memory: memory.min(shares.memory_of_user).min(shares.memory),
            rest,
            turn: Arc::clone(&turn),
        });
        if self.accounts.len() >= ACCOUNTS {
            self.accounts.retain(|uid, _| self.users.contains_key(uid));
        }
        let account = self.accounts.entry(peer.uid).or_default();
        if comes_new {
            account.served = account.served.max(self.clock);
        }
        (id, turn)
    }

    fn account(&self, uid: u32) -> Account {
        self.accounts.get(&uid).copied().unwrap_or_default()
    }

    /// Whose turn is next, of those that are like this: of those whose own share has room, and of
    /// each the first that came.
    fn next(&self, shares: &Shares, now: Instant, is_like: fn(&Next) -> bool) -> Option<Next> {
        let waiting = self.users.iter().filter_map(|(uid, user)| {
            let first = user.waiting.front()?;
            let account = self.account(*uid);
            // Of a user of whom nothing is known there is one, until its answer.
            let is_first = first.is_guess() && account.usual.is_none();
            let has_room = user.requests < shares.requests_of_user
                && user.memory + first.memory <= shares.memory_of_user
                && (!is_first || user.memory == 0);
            let work = first.work(account);
            // That one does not wait for what the user was served before, as when it stored much.
            let before = if is_first {
                account.served.min(self.clock)
            } else {
                account.served
            };
            let served = before + REQUEST + work;
            let order = (user.is_last(now), served, account.last, first.id);
            let next = Next {
                uid: *uid,
                memory: first.memory,
                work,
            };
            (has_room && is_like(&next)).then_some((order, next))
        });
        Some(waiting.min_by_key(|(order, _)| *order)?.1)
    }

    fn taken(&self, counts: impl Fn(&UnderWay) -> bool) -> Taken {
        let mut taken = Taken::default();
        for one in self.under_way.values().filter(|one| counts(one)) {
            taken.requests += 1;
            taken.memory += one.memory;
            if one.charged > REQUEST + SMALL {
                taken.memory_of_large += one.memory;
                taken.work += one.work;
            }
        }
        taken
    }

    /// What may begin. What is small passes what is large where that loses nothing by it, or where
    /// the share for what is small has room; else nothing passes the one whose turn is next: what
    /// is small would let what is large wait for ever.
    fn ready(&self, shares: &Shares, now: Instant) -> Option<Next> {
        let taken = self.taken(|_| true);
        let first = self.next(shares, now, |_| true)?;
        if first.has_room(shares, &taken) && first.is_not_too_much(shares, &taken) {
            return Some(first);
        }
        if first.is_small() {
            return None;
        }
        let small = self.next(shares, now, Next::is_small)?;
        let loses_nothing = taken.memory + small.memory + first.memory <= shares.memory
            || taken.memory - taken.memory_of_large + small.memory <= shares.memory / FOR_SMALL;
        (loses_nothing && small.has_room(shares, &taken)).then_some(small)
    }

    /// Begins what there is room for.
    fn begin(&mut self, shares: &Shares, now: Instant) {
        while let Some(next) = self.ready(shares, now) {
            let Some(user) = self.users.get_mut(&next.uid) else {
                return;
            };
            let Some(first) = user.waiting.pop_front() else {
                return;
            };
            let is_guess = first.is_guess();
            user.requests += 1;
            user.memory += next.memory;
            let charged = REQUEST + next.work;
            let account = self.accounts.entry(next.uid).or_default();
            self.clock = self.clock.max(account.served);
            account.served += charged;
            self.next += 1;
            account.last = self.next;
            let begun = UnderWay {
                peer: first.peer,
                memory: next.memory,
                charged,
                work: next.work,
                is_guess,
                slow_from: (first.rest > 0).then(|| now + quick(first.rest)),
                is_ended: false,
            };
            self.under_way.insert(first.id, begun);
            first.turn.notify_one();
        }
    }

    /// Ends what waits for slow clients, as much of it as whoever is next needs.
    fn end_slow(&mut self, shares: &Shares, now: Instant) {
        let Some(next) = self.next(shares, now, |_| true) else {
            return;
        };
        let is_last = |state: &Self, uid| {
            let user = state.users.get(&uid);
            user.is_some_and(|user| user.is_last(now))
        };
        let next_is_last = is_last(self, next.uid);
        loop {
            let stay = self.taken(|one| !one.is_ended);
            let has_room = next.has_room(shares, &stay);
            if has_room && next.is_not_too_much(shares, &stay) {
                return;
            }
            let slow = self.under_way.iter().filter_map(|(id, one)| {
                let (uid, from) = (one.peer.uid, one.slow_from?);
                let helps = !has_room || one.work > 0;
                let may_end = from <= now || (is_last(self, uid) && !next_is_last);
                (helps && may_end && !one.is_ended && uid != next.uid).then_some((from, *id))
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
        if let Some(user) = self.users.get_mut(&one.peer.uid) {
            user.memory -= less;
        }
    }

    /// The daemon answers a request with so many bytes, of which it still holds some.
    fn answered(&mut self, id: u64, bytes: u64, held: u64, shares: &Shares, now: Instant) {
        self.shrink(id, held);
        if let Some(one) = self.under_way.get_mut(&id) {
            one.slow_from = Some(now + quick(bytes));
            one.work = 0;
            let account = self.accounts.entry(one.peer.uid).or_default();
            if one.is_guess {
                let charged = REQUEST + bytes;
                account.served = (account.served + charged).saturating_sub(one.charged);
                one.charged = charged;
                // One that is short says little of the next, and costs whoever would hide by it
                // what is long as many of these as it is long.
                let before = account.usual.unwrap_or_default();
                account.usual = Some(bytes.max(before.saturating_sub(REQUEST)));
            }
        }
        self.begin(shares, now);
    }

    fn end(&mut self, id: u64, shares: &Shares, now: Instant) {
        self.shrink(id, 0);
        let Some(one) = self.under_way.remove(&id) else {
            return;
        };
        let uid = one.peer.uid;
        if let Some(user) = self.users.get_mut(&uid) {
            user.requests -= 1;
            if !user.is_there(now) {
                self.users.remove(&uid);
            }
        }
        self.begin(shares, now);
    }
}

impl Next {
    fn is_small(&self) -> bool {
        self.work <= SMALL
    }

    /// Whether the daemon is not busy with as much as it may be.
    fn is_not_too_much(&self, shares: &Shares, taken: &Taken) -> bool {
        self.is_small() || taken.work == 0 || taken.work + self.work <= shares.large
    }

    /// Whether there may be one more of it beside these.
    fn has_room(&self, shares: &Shares, taken: &Taken) -> bool {
        let for_large = shares.memory - shares.memory / FOR_SMALL;
        taken.requests < shares.requests
            && taken.memory + self.memory <= shares.memory
            && (self.is_small()
                || taken.memory_of_large == 0
                || taken.memory_of_large + self.memory <= for_large)
    }
}

impl Waiting {
    /// Whether its size is not known before the daemon answers.
    fn is_guess(&self) -> bool {
        self.rest == 0 && self.memory > SMALL
    }

    /// How many bytes the daemon is likely to read or write for it.
    fn work(&self, account: Account) -> u64 {
        if self.is_guess() {
            // Where nothing is known it may be large, and is not let pass what is.
            account.usual.unwrap_or(SMALL + 1).min(self.memory)
        } else {
            self.rest
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
        let shares = &self.turns.shares;
        let mut state = self.turns.lock();
        state.answered(self.id, bytes, held, shares, Instant::now());
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        state.end(self.id, &self.turns.shares, Instant::now());
    }
}

/// How long a client may take for so many bytes.
fn quick(bytes: u64) -> Duration {
    QUICK + Duration::from_millis(bytes / (QUICK_RATE / 1000))
}

#[cfg(test)]
mod tests;
