//! Looks at what the machine is: its name, its kernel, its processors, the limits of its processes.

use std::ffi::CStr;
use std::fs;
use std::thread;

use nix_sccache_trace_format::{HOST, LIMITS, PROCESSORS, UNAME};
use rustix::process::{Resource, getrlimit};
use rustix::system::uname;
use rustix::thread::sched_getaffinity;

/// What there is under one of the trace's words.
pub fn holds(word: &[u8]) -> Vec<u8> {
    if word == UNAME {
        let all = uname();
        let kernel = [all.sysname(), all.release(), all.version(), all.machine()];
        let host = [all.nodename(), all.domainname()];
        let all: Vec<_> = kernel.into_iter().chain(host).map(CStr::to_bytes).collect();
        return all.join(&b' ');
    }
    if word == HOST {
        return uname().nodename().to_bytes().to_vec();
    }
    if word == PROCESSORS {
        let may_run_on = sched_getaffinity(None).map(|all| all.count());
        let at_once = thread::available_parallelism();
        let there = fs::read_to_string("/sys/devices/system/cpu/online");
        return format!("{may_run_on:?} {at_once:?} {there:?}").into_bytes();
    }
    if word == LIMITS {
        let limits = ALL.map(getrlimit);
        return format!("{limits:?}").into_bytes();
    }
    Vec::new()
}

/// All resources of Linux.
const ALL: [Resource; 16] = [
    Resource::As,
    Resource::Core,
    Resource::Cpu,
    Resource::Data,
    Resource::Fsize,
    Resource::Locks,
    Resource::Memlock,
    Resource::Msgqueue,
    Resource::Nice,
    Resource::Nofile,
    Resource::Nproc,
    Resource::Rss,
    Resource::Rtprio,
    Resource::Rttime,
    Resource::Sigpending,
    Resource::Stack,
];
