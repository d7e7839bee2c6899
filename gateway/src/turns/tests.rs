//! Tests who is served when.

use std::thread;

use super::*;

fn turns(requests: usize) -> Turns {
    Turns::new(Shares {
        requests,
        requests_of_user: 2,
        memory: 250,
        memory_of_user: 100,
        large: 0,
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
    assert!(state.users.is_empty());
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

/// The requests that are under way, and whose they are.
fn begun(state: &State) -> Vec<(u64, u32)> {
    let under_way = state.under_way.iter();
    under_way.map(|(id, one)| (*id, one.peer.uid)).collect()
}

/// A daemon that does one request after the other, asked for 8 MiB each by users with queues.
#[test]
fn long_queues_of_however_many_users_hold_up_nobody() {
    const MEGABYTE: u64 = 1 << 20;
    let shares = Shares {
        requests: 1,
        requests_of_user: 16,
        memory: 1 << 30,
        memory_of_user: 512 << 20,
        large: 8 * MEGABYTE,
    };
    let (mut state, now) = (State::default(), Instant::now());
    let others: Vec<_> = (0..12).map(|uid| Peer::pair(uid).0).collect();
    for _ in 0..20 {
        for other in &others {
            state.ask(other, 128 * MEGABYTE, 0, &shares);
        }
    }
    state.begin(&shares, now);
    let next = |state: &mut State| {
        let (id, uid) = begun(state)[0];
        state.answered(
            id,
            if uid < 12 { 8 * MEGABYTE } else { 1024 },
            0,
            &shares,
            now,
        );
        state.end(id, &shares, now);
        begun(state)[0].1
    };
    // Each in its turn, again and again.
    let order: Vec<_> = (0..24).map(|_| next(&mut state)).collect();
    assert_eq!(order[..12], order[12..]);
    let (new, _theirs) = Peer::pair(100);
    for _ in 0..20 {
        state.ask(&new, 128 * MEGABYTE, 0, &shares);
        let waited = (0..12).take_while(|_| next(&mut state) != 100).count();
        assert!(waited <= 1, "{waited} requests of others went first");
    }
    // Nor does it hold up others that it comes again and again.
    let mut turns = [0; 12];
    for _ in 0..1000 {
        state.ask(&new, 128 * MEGABYTE, 0, &shares);
        if let Some(turns) = turns.get_mut(next(&mut state) as usize) {
            *turns += 1;
        }
    }
    assert!(turns.iter().all(|turns| *turns > 2), "{turns:?}");
}

/// Requests of equal cost: whoever was served last goes last, one that leaves in between, too.
#[test]
fn who_was_served_last_goes_last() {
    let shares = turns(1).shares;
    let (mut state, now) = (State::default(), Instant::now());
    let peers: Vec<_> = (0..4).map(|uid| Peer::pair(uid).0).collect();
    let end = |state: &mut State| {
        let (id, uid) = begun(state)[0];
        state.end(id, &shares, now);
        uid
    };
    for peer in &peers {
        state.ask(peer, 0, 0, &shares);
    }
    state.begin(&shares, now);
    for _ in 0..3 {
        for expected in 0..4 {
            // It asks for the next when it has its answer, and nothing waits of it till then.
            assert_eq!(end(&mut state), expected);
            state.ask(&peers[expected as usize], 0, 0, &shares);
            state.begin(&shares, now);
        }
    }
}

/// While the daemon reads a large entry, others wait, and small ones do not.
#[test]
fn what_is_large_does_not_fill_the_daemon() {
    let turns = Turns::new(Shares {
        requests: 16,
        requests_of_user: 16,
        memory: 1 << 30,
        memory_of_user: 512 << 20,
        large: 16 << 20,
    });
    let pairs = [1, 2, 3].map(Peer::pair);
    let [one, other, small] = pairs.each_ref().map(|(peer, _)| peer);
    let frame = 128 << 20;
    for (peer, usual) in [(one, 12 << 20), (other, 12 << 20), (small, 1000)] {
        let turn = turns.take(peer, frame, 0, soon()).unwrap();
        assert!(
            turns.take(peer, frame, 0, soon()).is_none(),
            "how large its entries are is not known yet"
        );
        turn.answered(usual, usual);
    }
    let turn = turns.take(one, frame, 0, soon()).unwrap();
    assert!(turns.take(one, frame, 0, soon()).is_none());
    assert!(turns.take(other, frame, 0, soon()).is_none());
    assert!(turns.take(other, 20 << 20, 20 << 20, soon()).is_none());
    for _ in 0..20 {
        assert!(turns.take(small, frame, 0, soon()).is_some());
    }
    turn.answered(12 << 20, 12 << 20);
    assert!(turns.take(other, frame, 0, soon()).is_some());
}

/// Whoever has stored much is known for what it asks for after one turn, not after many.
#[test]
fn who_stored_much_waits_for_no_queues_to_ask() {
    let shares = Shares {
        requests: 1,
        requests_of_user: 16,
        memory: 1 << 30,
        memory_of_user: 512 << 20,
        large: 16 << 20,
    };
    let (mut state, now) = (State::default(), Instant::now());
    let [one, other] = [1, 2].map(|uid| Peer::pair(uid).0);
    state.ask(&one, 100 << 20, 100 << 20, &shares);
    state.begin(&shares, now);
    for _ in 0..3 {
        state.ask(&other, 128 << 20, 0, &shares);
    }
    state.end(begun(&state)[0].0, &shares, now);
    state.ask(&one, 128 << 20, 0, &shares);
    let (id, _) = begun(&state)[0];
    state.answered(id, 8 << 20, 0, &shares, now);
    state.end(id, &shares, now);
    assert_eq!(begun(&state)[0].1, 1);
}

/// Users of large entries who ask for what is not there in between are no others.
#[test]
fn what_is_large_does_not_hide_behind_what_is_small() {
    let shares = Shares {
        requests: 16,
        requests_of_user: 16,
        memory: 1 << 30,
        memory_of_user: 512 << 20,
        large: 16 << 20,
    };
    let (mut state, now) = (State::default(), Instant::now());
    let (peer, _theirs) = Peer::pair(1);
    for bytes in [30 << 20].into_iter().chain([5; 100]) {
        state.ask(&peer, 128 << 20, 0, &shares);
        state.begin(&shares, now);
        let id = begun(&state)[0].0;
        state.answered(id, bytes, 0, &shares, now);
        state.end(id, &shares, now);
    }
    for _ in 0..4 {
        state.ask(&peer, 128 << 20, 0, &shares);
    }
    state.begin(&shares, now);
    assert_eq!(begun(&state).len(), 1);
}

/// Large entries whose readers take their time leave a part of the memory.
#[test]
fn a_part_of_the_memory_is_for_what_is_small() {
    let turns = Turns::new(Shares {
        requests: 64,
        requests_of_user: 16,
        memory: 80 << 20,
        memory_of_user: 80 << 20,
        large: 80 << 20,
    });
    let (small, _its) = Peer::pair(100);
    let (peers, _theirs): (Vec<_>, Vec<_>) = (0..10).map(Peer::pair).unzip();
    let frame = 10 << 20;
    // What they ask for is known.
    for (peer, bytes) in peers.iter().zip([frame; 10]).chain([(&small, 1000)]) {
        let turn = turns.take(peer, frame, 0, soon()).unwrap();
        turn.answered(bytes, bytes);
    }
    let mut held = Vec::new();
    for peer in &peers {
        for _ in 0..2 {
            if let Some(turn) = turns.take(peer, frame, 0, soon()) {
                turn.answered(frame, frame);
                held.push(turn);
            }
        }
    }
    assert_eq!(held.len(), 7);
    let (new, _its) = Peer::pair(200);
    let unknown = turns.take(&new, frame, 0, soon());
    assert!(unknown.is_none(), "what it asks for may be large");
    thread::scope(|scope| {
        let large = scope.spawn(|| turns.take(&peers[0], frame, 0, later()).is_some());
        while turns.lock().users[&0].waiting.is_empty() {
            thread::yield_now();
        }
        for _ in 0..3 {
            assert!(turns.take(&small, frame, 0, soon()).is_some());
        }
        held.clear();
        assert!(large.join().unwrap());
    });
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
fn accounts_are_not_kept_for_ever() {
    let turns = turns(1);
    for uid in 0..10_000 {
        let (peer, _theirs) = Peer::pair(uid);
        assert!(turns.take(&peer, 0, 0, soon()).is_some());
    }
    assert!(turns.lock().accounts.len() <= ACCOUNTS);
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
