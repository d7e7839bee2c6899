//! Hands on the variables that sccache keeps from compilers.
//!
//! Sccache 0.19 takes some variables out of the environment before it calls a compiler: those that
//! its makers found to differ from build to build (its `src/cmdline.rs`), and those of make's and
//! cargo's jobserver, in whose place it puts one of its own (`src/mock_command.rs`). But a compiler
//! reads them: gcc has the date of `__DATE__` from `SOURCE_DATE_EPOCH` and the directory of its debug
//! information from `PWD`, and Rust's `env!` reads any of them. So sccache is given each under another
//! name, and who stands in its compiler's place gives it its own name back. Then what rustc's list of
//! a crate's sources and gcc's preprocessor say of them is what the compiler sees, and in the key.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use nix_sccache_contract as contract;

/// What sccache takes away.
const TAKEN: [&str; 11] = [
    "DESTDIR",
    "HOST",
    "HOSTNAME",
    "LD_PRELOAD",
    "MINICOM",
    "PWD",
    "RPM_BUILD_ROOT",
    "RPM_PACKAGE_RELEASE",
    "RPM_PACKAGE_VERSION",
    "RUNNING_UNDER_RR",
    "SOURCE_DATE_EPOCH",
];

/// What it replaces by a jobserver of its own, as wide as the machine.
const JOBSERVER: [&str; 3] = ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"];

/// The directory of temporary files, which is another for sccache: it leaves some when it is killed,
/// and cannot do without where a compiler can.
const TEMPORARY: &str = "TMPDIR";

/// What is another for sccache than for its compiler.
const OTHERS: [&str; 2] = [TEMPORARY, contract::DIRECT];

/// Says that the jobserver's variables were handed on, as they are where it can be reached: it is a
/// pipe that only descendants have, and a server in the background is none.
const WITH_JOBSERVER: &str = "JOBSERVER";

/// Hands the variables on to a command of sccache's; its compiler is its own child if `is_own_child`.
/// What sccache writes for itself goes to `temporary`.
pub fn hand_on(command: &mut Command, is_own_child: bool, temporary: Option<&Path>) {
    let jobserver = JOBSERVER.iter().filter(|_| is_own_child);
    for name in TAKEN.iter().chain(&OTHERS).chain(jobserver) {
        if let Some(value) = env::var_os(name) {
            command.env(kept(name), value);
        }
    }
    if is_own_child {
        command.env(kept(WITH_JOBSERVER), "1");
    }
    if let Some(temporary) = temporary {
        command.env(TEMPORARY, temporary);
    }
}

/// Gives a compiler's command what was handed on, and takes away what was not there.
pub fn restore(command: &mut Command) {
    let has_jobserver = env::var_os(kept(WITH_JOBSERVER)).is_some();
    let jobserver = JOBSERVER.iter().filter(|_| has_jobserver);
    for name in TAKEN.iter().chain(&OTHERS).chain(jobserver) {
        match env::var_os(kept(name)) {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    for (name, _) in env::vars_os() {
        if name
            .as_encoded_bytes()
            .starts_with(contract::KEPT.as_bytes())
        {
            command.env_remove(name);
        }
    }
}

/// What decides what a compiler makes, and is in no list of sources and in no preprocessed text: a
/// library that is loaded before the compiler's own.
pub fn deciding() -> Option<(&'static str, OsString)> {
    const PRELOADED: &str = "LD_PRELOAD";
    let value = env::var_os(PRELOADED).filter(|value| !value.is_empty())?;
    Some((PRELOADED, value))
}

fn kept(name: &str) -> String {
    format!("{}{name}", contract::KEPT)
}
