//! Puts everything in place at the first call, whether it comes from the dynamic linker's constructors or before.

use core::sync::atomic::{AtomicU8, Ordering};

use crate::format::Kind;
use crate::sys::{self, AT_FDCWD, PATH_MAX};
use crate::{environment, libraries, next, trace};

const NOT_YET: u8 = 0;
const UNDER_WAY: u8 = 1;
const DONE: u8 = 2;
static STATE: AtomicU8 = AtomicU8::new(NOT_YET);

// SAFETY: the section holds functions that are called once each, with arguments that this one does not look at.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = {
    extern "C" fn construct() {
        ensure();
    }
    construct
};

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
            next::look_up();
            environment::take();
            begin();
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

/// Maps the traces and notes this process' start. Where one of them cannot be had none is written: a program without a
/// start makes a trace that is not whole.
fn begin() {
    let Some(files) = environment::files() else {
        return;
    };
    let mut path = [0; PATH_MAX];
    if files.split(|byte| *byte == b':').count() > trace::MOST {
        return;
    }
    for file in files.split(|byte| *byte == b':') {
        let Some(into) = path.get_mut(..=file.len()) else {
            return;
        };
        into[..file.len()].copy_from_slice(file);
        into[file.len()] = 0;
        let Ok(file) = core::ffi::CStr::from_bytes_until_nul(into) else {
            return;
        };
        // Others than the first are those of a part of the whole.
        if trace::open(file).is_none() {
            return;
        }
    }
    match sys::read_link(AT_FDCWD, c"/proc/self/exe".as_ptr(), &mut path) {
        Ok(program) => trace::add(Kind::Start, 0, 0, sys::parent_pid(), &[program]),
        Err(_) => trace::lost(),
    }
    libraries::note(0);
}
