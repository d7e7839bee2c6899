//! Notes who asks for the time of the day: the kernel tells it without being called, by what is mapped into each process.
//!
//! Clocks by which programs measure how long something takes do not count.

use core::ffi::{c_int, c_long, c_void};
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use linux_raw_sys::general::{
    __NR_clock_gettime, CLOCK_REALTIME, CLOCK_REALTIME_ALARM, CLOCK_REALTIME_COARSE, CLOCK_TAI,
};

use crate::format::{Kind, TIMES};
use crate::libraries::note_pending;
use crate::next::objects;
use crate::path::with_absolute;
use crate::sys::{self, AT_FDCWD, PATH_MAX};
use crate::trace;

/// C's `struct timespec`; what `struct timeval` has has microseconds.
#[repr(C)]
struct Time {
    seconds: i64,
    part: c_long,
}

/// How often this process, and those that it is a copy of, has asked, up to [`TIMES`].
static ASKED: AtomicU8 = AtomicU8::new(0);

/// From where it has asked.
static CALLERS: [AtomicUsize; 64] = [const { AtomicUsize::new(0) }; 64];

/// Whether a clock tells the time of the day.
pub fn is_of_day(clock: c_int) -> bool {
    [
        CLOCK_REALTIME,
        CLOCK_REALTIME_ALARM,
        CLOCK_REALTIME_COARSE,
        CLOCK_TAI,
    ]
    .contains(&clock.cast_unsigned())
}

/// Notes that code at an address asks; 0 where it is not known which does.
pub fn asked(caller: usize) {
    if !trace::is_on() {
        return;
    }
    let more = |times: u8| (times < TIMES).then_some(times + 1);
    let before = ASKED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    let known = &CALLERS[caller / 4 % CALLERS.len()];
    if before.is_err() && known.swap(caller, Ordering::Relaxed) == caller && caller != 0 {
        return;
    }
    let times = before.map_or(TIMES, |before| before + 1);
    note_pending();
    let mut path = [0; PATH_MAX];
    let program = sys::read_link(AT_FDCWD, c"/proc/self/exe".as_ptr(), &mut path);
    let Ok(program) = program else {
        return trace::lost();
    };
    let add = |[a, b, c]: [&[u8]; 3]| {
        trace::add_once(Kind::Clock, times, 0, &[program, b"\0", a, b, c], || 0);
    };
    let mut is_known = false;
    objects(|object| {
        is_known = object.holds(caller);
        if is_known && object.name.is_empty() {
            add([program, b"", b""]);
        } else if is_known {
            with_absolute(AT_FDCWD, object.name, |parts| {
                add(parts.unwrap_or_default());
            });
        }
        !is_known
    });
    if !is_known {
        add([b"", b"", b""]);
    }
}

/// The time, of libc, which has no system call to make for it.
unsafe fn now(clock: c_int) -> Time {
    let mut time = Time {
        seconds: 0,
        part: 0,
    };
    let next = next!(c"clock_gettime");
    // SAFETY: it is of this type.
    let next = unsafe { next.get::<unsafe extern "C" fn(c_int, *mut Time) -> c_int>() };
    let place = &raw mut time;
    // SAFETY: there is room for a time.
    unsafe {
        match next {
            Some(next) => drop(next(clock, place)),
            None => drop(sys::call(
                __NR_clock_gettime,
                [clock as usize, place as usize, 0, 0, 0, 0],
            )),
        }
    }
    time
}

/// `time` of libc: under the name there is in glibc a function that chooses one, when a program is loaded.
unsafe extern "C" fn time_of_day(into: *mut i64) -> i64 {
    // SAFETY: the caller's.
    unsafe {
        let Time { seconds, .. } = now(CLOCK_REALTIME_COARSE as c_int);
        if !into.is_null() {
            *into = seconds;
        }
        seconds
    }
}

/// `gettimeofday` of libc, likewise.
unsafe extern "C" fn time_in_microseconds(into: *mut Time, zone: *mut [c_int; 2]) -> c_int {
    // SAFETY: the caller's.
    unsafe {
        if !into.is_null() {
            let Time { seconds, part } = now(CLOCK_REALTIME as c_int);
            *into = Time {
                seconds,
                part: part / 1000,
            };
        }
        if !zone.is_null() {
            *zone = [0; 2];
        }
    }
    0
}

unsafe extern "C" fn before_clock_gettime(
    clock: c_int,
    _: usize,
    _: usize,
    caller: usize,
) -> *const c_void {
    if is_of_day(clock) {
        asked(caller);
    }
    function!(c"clock_gettime")
}

unsafe extern "C" fn before_time(_: usize, _: usize, _: usize, caller: usize) -> *const c_void {
    asked(caller);
    time_of_day as *const c_void
}

unsafe extern "C" fn before_gettimeofday(
    _: usize,
    _: usize,
    _: usize,
    caller: usize,
) -> *const c_void {
    asked(caller);
    time_in_microseconds as *const c_void
}

unsafe extern "C" fn before_timespec_get(
    _: usize,
    _: usize,
    _: usize,
    caller: usize,
) -> *const c_void {
    asked(caller);
    function!(c"timespec_get")
}

unsafe extern "C" fn before_ftime(_: usize, _: usize, _: usize, caller: usize) -> *const c_void {
    asked(caller);
    function!(c"ftime")
}

jump! {
    fn clock_gettime, before_clock_gettime;
    fn time, before_time;
    fn gettimeofday, before_gettimeofday;
    fn timespec_get, before_timespec_get;
    fn ftime, before_ftime;
}
