//! The log: lines on standard error, and no more of them than somebody reads.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::tell::tell;

/// What was logged of late.
pub struct Log(Mutex<State>);

struct State {
    since: Instant,
    lines: u32,
    left_out: u64,
}

/// This many lines within this time.
const MOST: u32 = 20;
const WITHIN: Duration = Duration::from_secs(10);

impl Log {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Mutex::new(State {
            since: Instant::now(),
            lines: 0,
            left_out: 0,
        }))
    }

    /// A line about a user; builds make others happen as often as they like.
    pub fn of(&self, uid: u32, what: impl Display) {
        if let Some(left_out) = self.turn(Instant::now()) {
            if left_out > 0 {
                self.line(format_args!("{left_out} more lines were left out"));
            }
            self.line(format_args!("user {uid}: {what}"));
        }
    }

    /// A line that is always there.
    #[expect(clippy::unused_self, reason = "a line goes by the log that has it")]
    pub fn line(&self, what: impl Display) {
        tell(format_args!("nix-sccache gateway: {what}"));
    }

    /// Whether there is a line's room, and how many were left out before.
    fn turn(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(state.since) >= WITHIN {
            state.since = now;
            state.lines = 0;
        }
        if state.lines >= MOST {
            state.left_out += 1;
            return None;
        }
        state.lines += 1;
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_left_out_and_counted() {
        let log = Log::new();
        let now = Instant::now();
        let said = (0..1000).filter(|_| log.turn(now).is_some()).count();
        assert_eq!(said, 20);
        assert_eq!(log.turn(now + WITHIN), Some(980));
        assert_eq!(log.turn(now + WITHIN), Some(0));
    }
}
