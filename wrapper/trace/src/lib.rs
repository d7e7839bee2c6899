//! Writes down what the process that it is preloaded into looks up, reads, writes and runs: a trace, in the format of
//! `nix_sccache_trace_format`.
//!
//! `LD_PRELOAD` names this library and [`format::VARIABLE`] the trace's file; both are taken out of the environment before
//! the program looks at it, and given on to the programs that it starts. The library stands in front of functions of
//! libc, calls them, and notes what came of it. What it has to hold:
//!
//! - It works under any libc: it is linked with none, makes its own system calls, and looks up by itself what comes
//!   after it ([`next`]).
//! - It works from the first call on, which may come before any constructor, and in a child of `vfork`, which runs in
//!   its parent's memory: no lock, no allocation, no thread-local variable.
//! - What a program sees is as it would be without: results, errno, open files, environment.
//!
//! | module | notes, or does |
//! |---|---|
//! | [`files`], [`looks`], [`links`], [`changes`] | what is opened; looked at; resolved; made, renamed and removed |
//! | [`variables`], [`programs`], [`libraries`] | what is read of the environment, started, loaded |
//! | [`clock`], [`machine`], [`sockets`] | who asks for the time of the day; what the machine is; who talks to another |
//! | [`system_call`] | the same, where programs call the kernel through libc's `syscall` |
//! | [`ready`], [`start`] | the first call: puts the rest in place |
//! | [`trace`], [`path`], [`environment`], [`space`], [`next`], [`sys`] | the file; absolute paths; our variables; memory; libc's functions; the kernel's |
#![no_std]
#![allow(unsafe_code, reason = "it stands between programs and their libc")]
#![allow(
    clippy::many_single_char_names,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "C's types, and numbers of the kernel"
)]

#[macro_use]
mod next;
mod changes;
mod clock;
mod environment;
mod files;
mod libraries;
mod links;
mod looks;
mod machine;
mod path;
mod programs;
mod ready;
mod sockets;
mod space;
mod start;
mod sys;
mod system_call;
mod trace;
mod variables;

use nix_sccache_trace_format as format;

// The harness that clippy makes of each library has its own.
#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    sys::abort()
}
