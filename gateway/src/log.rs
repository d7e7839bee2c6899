//! Writes the log: lines on standard error, and no more of them than somebody reads. Each user has lines
//! of its own, so that nobody's flood hides what another tries.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What was logged of late.
pub struct Log(Mutex<State>);

struct State {
    since: Instant,
    /// Lines about all users.
    lines: u32,
    users: BTreeMap<u32, Lines>,
    /// Lines left out about users beyond [`USERS`].
    left_out_of_others: u64,
}

/// Lines about a user.
#[derive(Default)]
struct Lines {
    said: u32,
    left_out: u64,
}

/// Within this time there are this many lines about a user, and about all; the first about each of
/// so many users there is in any case.
const WITHIN: Duration = Duration::from_secs(10);
const MOST_OF_USER: u32 = 20;
const MOST: u32 = 200;
const USERS: usize = 256;

impl Log {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Mutex::new(State {
            since: Instant::now(),
            lines: 0,
            users: BTreeMap::new(),
            left_out_of_others: 0,
        }))
    }

    /// A line about a user; builds make others happen as often as they like.
    pub fn of(&self, uid: u32, what: impl Display) {
        let (left_out, has_room) = self.turn(uid, Instant::now());
        if let Some(left_out) = left_out {
            self.line(left_out);
        }
        if has_room {
            self.line(format_args!("user {uid}: {what}"));
        }
    }

    /// A line that is always there.
    #[expect(clippy::unused_self, reason = "a line goes by the log that has it")]
    pub fn line(&self, what: impl Display) {
        // Nobody is left to tell of a failure.
        writeln!(io::stderr(), "nix-sccache-gateway: {what}").ok();
    }

    /// What was left out before this time began, if it begins now, and whether there is room for a
    /// line about this user.
    fn turn(&self, uid: u32, now: Instant) -> (Option<String>, bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left_out = None;
        if now.duration_since(state.since) >= WITHIN {
            left_out = state.left_out();
            *state = State {
                since: now,
                lines: 0,
                users: BTreeMap::new(),
                left_out_of_others: 0,
            };
        }
        if state.users.len() >= USERS && !state.users.contains_key(&uid) {
            state.left_out_of_others += 1;
            return (left_out, false);
        }
        let is_full = state.lines >= MOST;
        let lines = state.users.entry(uid).or_default();
        if lines.said >= MOST_OF_USER || (is_full && lines.said > 0) {
            lines.left_out += 1;
            return (left_out, false);
        }
        lines.said += 1;
        state.lines += 1;
        (left_out, true)
    }
}

impl State {
    fn left_out(&self) -> Option<String> {
        let users = self.users.iter();
        let mut counts: Vec<_> = users
            .filter(|(_, lines)| lines.left_out > 0)
            .map(|(uid, lines)| format!("{} about user {uid}", lines.left_out))
            .collect();
        if self.left_out_of_others > 0 {
            counts.push(format!("{} about others", self.left_out_of_others));
        }
        (!counts.is_empty()).then(|| format!("left out more lines: {}", counts.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(log: &Log, uid: u32, now: Instant, lines: u32) -> usize {
        (0..lines).filter(|_| log.turn(uid, now).1).count()
    }

    #[test]
    fn lines_are_left_out_and_counted() {
        let (log, now) = (Log::new(), Instant::now());
        assert_eq!(said(&log, 7, now, 1000), 20);
        let left_out = "left out more lines: 980 about user 7".to_owned();
        assert_eq!(log.turn(7, now + WITHIN), (Some(left_out), true));
        assert_eq!(log.turn(7, now + WITHIN), (None, true));
        assert_eq!(log.turn(7, now + 2 * WITHIN), (None, true));
    }

    #[test]
    fn a_flood_hides_nobody_else() {
        let (log, now) = (Log::new(), Instant::now());
        for uid in 0..32 {
            said(&log, uid, now, 1000);
        }
        assert!(log.turn(100, now).1);
        assert!(!log.turn(100, now).1, "lines about all are used up");
        let (left_out, _) = log.turn(100, now + WITHIN);
        let left_out = left_out.unwrap();
        for part in [
            " 980 about user 0,",
            " 999 about user 31,",
            " 1 about user 100",
        ] {
            assert!(left_out.contains(part), "{left_out}");
        }
    }

    #[test]
    fn many_users_are_no_flood() {
        let (log, now) = (Log::new(), Instant::now());
        let lines: usize = (0..1000).map(|uid| said(&log, uid, now, 20)).sum();
        assert!(lines <= 456, "{lines}");
        let (left_out, _) = log.turn(0, now + WITHIN);
        assert!(left_out.unwrap().ends_with(", 14880 about others"));
    }
}
