//! Notes who asks what the machine is: its name, its kernel, its processors, the limits of its processes.

use core::ffi::{c_int, c_void};

use crate::format::{HOST, Kind, LIMITS, PROCESSORS, UNAME};
use crate::libraries::by_dlopen;
use crate::sys::{self, AT_FDCWD, PATH_MAX};
use crate::trace;

/// Notes that code at an address asks for this; 0 where it is not known which does.
pub fn asked(what: &[u8], caller: usize) {
    if trace::is_on() {
        note(what, by_dlopen(caller));
    }
}

/// Notes that it is asked for this, and whether a library may do so that was loaded meanwhile.
pub fn note(what: &[u8], flags: u8) {
    let mut path = [0; PATH_MAX];
    match sys::read_link(AT_FDCWD, c"/proc/self/exe".as_ptr(), &mut path) {
        Ok(program) => {
            let payload = [what, b"\0", program];
            trace::add_once(Kind::Machine, flags, 0, &payload, || 0);
        }
        Err(_) => trace::lost(),
    }
}

macro_rules! before {
    ($(fn $before:ident, $name:literal, $what:expr;)*) => {$(
        unsafe extern "C" fn $before(_: usize, _: usize, _: usize, caller: usize) -> *const c_void {
            asked($what, caller);
            function!($name)
        }
    )*};
}

before! {
    fn before_uname, c"uname", UNAME;
    fn before_gethostname, c"gethostname", HOST;
    fn before_get_nprocs, c"get_nprocs", PROCESSORS;
    fn before_get_nprocs_conf, c"get_nprocs_conf", PROCESSORS;
    fn before_sched_getaffinity, c"sched_getaffinity", PROCESSORS;
    fn before_pthread_getaffinity_np, c"pthread_getaffinity_np", PROCESSORS;
    fn before_getrlimit, c"getrlimit", LIMITS;
    fn before_getrlimit64, c"getrlimit64", LIMITS;
}

unsafe extern "C" fn before_sysconf(
    name: c_int,
    _: usize,
    _: usize,
    caller: usize,
) -> *const c_void {
    /// `_SC_NPROCESSORS_CONF` and `_SC_NPROCESSORS_ONLN`, of glibc and of musl.
    const OF_PROCESSORS: [c_int; 2] = [83, 84];
    if OF_PROCESSORS.contains(&name) {
        asked(PROCESSORS, caller);
    }
    function!(c"sysconf")
}

jump! {
    fn uname, before_uname;
    fn gethostname, before_gethostname;
    fn get_nprocs, before_get_nprocs;
    fn get_nprocs_conf, before_get_nprocs_conf;
    fn sched_getaffinity, before_sched_getaffinity;
    fn pthread_getaffinity_np, before_pthread_getaffinity_np;
    fn getrlimit, before_getrlimit;
    fn getrlimit64, before_getrlimit64;
    fn sysconf, before_sysconf;
}

// SAFETY of all below: it does not touch what it is called with.
wrap! {
    fn prlimit | prlimit64(process: c_int, resource: c_int, new: usize, old: usize) -> c_int, real {
        if old != 0 {
            asked(LIMITS, 0);
        }
        real()
    }
}
