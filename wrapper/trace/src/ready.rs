//! Knows whether all is in place, and has it put there at the first call.

use core::sync::atomic::{AtomicU8, Ordering};

const NOT_YET: u8 = 0;
const UNDER_WAY: u8 = 1;
const DONE: u8 = 2;
static STATE: AtomicU8 = AtomicU8::new(NOT_YET);

unsafe extern "C" {
    /// Puts all in place, of which this knows nothing: it is of the module `start`, which the linker finds. What stands in
    /// front of libc asks here, and is asked by that.
    safe fn nix_sccache_trace_start();
}

/// Sees to it that all is in place.
#[inline]
pub fn ensure() {
    if STATE.load(Ordering::Acquire) != DONE {
        first();
    }
}

#[cold]
#[inline(never)]
fn first() {
    match STATE.compare_exchange(NOT_YET, UNDER_WAY, Ordering::Acquire, Ordering::Acquire) {
        Ok(_) => {
            nix_sccache_trace_start();
            STATE.store(DONE, Ordering::Release);
        }
        // Another thread: nothing here waits for one.
        Err(UNDER_WAY) => {
            while STATE.load(Ordering::Acquire) != DONE {
                core::hint::spin_loop();
            }
        }
        Err(_) => {}
    }
}
