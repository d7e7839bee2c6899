//! Notes which libraries the dynamic linker loaded: at the start, and by `dlopen`.
//!
//! `dlopen` searches for a name on behalf of its caller, which it knows by where it returns to. So this library does not
//! call it but jumps to it, and notes what came of it later: when the next is loaded, when another program is about to
//! take this one's place, and at the end.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::format::{AFTER_DLOPEN, BY_DLOPEN, Kind};
use crate::looks::looked;
use crate::next::{Next, look_up, objects};
use crate::path::bytes;
use crate::sys::{self, AT_FDCWD};
use crate::trace::{self, file_type};

type Text = *const c_char;

/// Whether something may have been loaded since the last time.
static PENDING: AtomicBool = AtomicBool::new(false);

/// How many objects there were before this process loaded one while it ran, if it ever has: what comes later is behind them.
static AT_FIRST: AtomicUsize = AtomicUsize::new(0);

/// The flag of a list that may be a loaded library's.
pub fn after_dlopen() -> u8 {
    if AT_FIRST.load(Ordering::Relaxed) == 0 {
        0
    } else {
        AFTER_DLOPEN
    }
}

/// The flag of what code at an address asks for, if it is a loaded library's.
pub fn by_dlopen(caller: usize) -> u8 {
    let at_first = AT_FIRST.load(Ordering::Relaxed);
    let (mut count, mut is_loaded) = (0, false);
    if at_first != 0 {
        objects(|object| {
            count += 1;
            is_loaded = count > at_first && object.holds(caller);
            !is_loaded
        });
    }
    if is_loaded { BY_DLOPEN } else { 0 }
}

/// Notes all that are loaded and were not noted.
pub fn note(flags: u8) {
    objects(|object| {
        // The program itself has no name here, and the kernel's part no path.
        if object.name.contains(&b'/') && !object.is_own() {
            trace::path(true, Kind::Load, flags, 0, AT_FDCWD, object.name, || {
                if flags & BY_DLOPEN != 0
                    && [c"environ", c"__environ", c"_environ"]
                        .iter()
                        .any(|it| object.needs(it))
                {
                    trace::add_once(Kind::Environment, 0, 0, &[object.name], || 0);
                }
                0
            });
        }
        true
    });
}

/// Notes those that `dlopen` loaded meanwhile.
pub fn note_pending() {
    if PENDING.swap(false, Ordering::Relaxed) && trace::is_on() {
        note(BY_DLOPEN);
    }
}

/// Notes what is about to be loaded, and returns the function that does it.
unsafe extern "C" fn before_dlopen(path: Text) -> *const c_void {
    // SAFETY: the caller's.
    unsafe { before(next!(c"dlopen"), path) }
}

/// The same for `dlmopen`.
unsafe extern "C" fn before_dlmopen(_: usize, path: Text) -> *const c_void {
    // SAFETY: the caller's.
    unsafe { before(next!(c"dlmopen"), path) }
}

unsafe fn before(next: &Next, path: Text) -> *const c_void {
    extern "C" fn absent() -> *const c_void {
        core::ptr::null()
    }

    // SAFETY: the caller's.
    let name = unsafe { bytes(path) };
    if trace::is_on() {
        note_pending();
        PENDING.store(true, Ordering::Relaxed);
        if AT_FIRST.load(Ordering::Relaxed) == 0 {
            let mut count = 0;
            objects(|_| {
                count += 1;
                true
            });
            let (none, relaxed) = (0, Ordering::Relaxed);
            // Whoever is first has counted before any was loaded.
            AT_FIRST
                .compare_exchange(none, count, relaxed, relaxed)
                .ok();
        }
        if name.is_some_and(|name| name.contains(&b'/')) {
            let found = sys::stat_at(AT_FDCWD, path, 0).map(|status| file_type(status.mode));
            looked(
                AT_FDCWD,
                name.unwrap_or_default(),
                0,
                found.err().unwrap_or(0),
                || found.unwrap_or(0),
            );
        }
    }
    // SAFETY: any function is a pointer.
    let found = || unsafe { next.get::<*const c_void>() };
    if found().is_none() {
        // With glibc before 2.34 libdl may have come later.
        look_up();
    }
    found().unwrap_or(absent as *const c_void)
}

jump! {
    fn dlopen, before_dlopen;
    fn dlmopen, before_dlmopen;
}

/// What C's functions of this type never do is return.
type Never = unsafe extern "C" fn(c_int) -> !;

/// Notes what is pending, and ends the process as `next` does.
unsafe fn end(next: &Next, status: c_int) -> ! {
    note_pending();
    // SAFETY: it is a function of this type.
    if let Some(end) = unsafe { next.get::<Never>() } {
        // SAFETY: as above.
        unsafe { end(status) }
    }
    sys::exit(status)
}

// SAFETY: that other calls of this name come here is what this library is for.
#[unsafe(no_mangle)]
unsafe extern "C" fn _exit(status: c_int) -> ! {
    // SAFETY: it is of this type.
    unsafe { end(next!(c"_exit"), status) }
}

// SAFETY: that other calls of this name come here is what this library is for.
#[unsafe(no_mangle)]
unsafe extern "C" fn _Exit(status: c_int) -> ! {
    // SAFETY: it is of this type.
    unsafe { end(next!(c"_Exit"), status) }
}

// SAFETY: the section holds functions that are called once each when the process ends by `exit`.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_END: extern "C" fn() = {
    extern "C" fn at_end() {
        note_pending();
    }
    at_end
};

// SAFETY of all below: it does not touch what it is called with.
wrap! {
    fn dlclose(library: *mut c_void) -> c_int, real {
        note_pending();
        real()
    }
}
