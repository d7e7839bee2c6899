//! Waits for what comes by itself.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Waits until it is so. Fails after 20 seconds, with what is said then.
#[track_caller]
pub fn until(mut is_so: impl FnMut() -> bool, what: impl Fn() -> String) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{}", what());
        sleep(Duration::from_millis(10));
    }
}
