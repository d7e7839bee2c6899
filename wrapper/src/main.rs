//! Stands in front of rustc, cargo and sccache inside a derivation: the shim, one binary that acts by the
//! name it is called by.
//!
//! | called as | it is |
//! |---|---|
//! | `sccache` | what `RUSTC_WRAPPER` and the launchers point at: [`call`] for a compiler, else the real sccache |
//! | `rustc`, or any other compiler | that compiler, through the cache |
//! | `cargo` | cargo, with `RUSTC_WRAPPER` set |
//! | `nix-sccache-shim` | what the setup hook and `nix-sccache` call: [`hook`] |
//!
//! Two more call it, whatever the name: sccache on a miss, by the compiler's name and a variable of ours, for
//! [`compiler_stub`], which runs the real one; and rustc, for the linker ([`stable_paths`]).
//!
//! A compiler's call goes through these, each with one job: [`invocation`] reads it,
//! [`cacheability`] decides what it is, [`surroundings`] whether anything but the arguments forbids that,
//! [`key_material`] names what goes into its key beside what sccache sees, [`keyless`] what sccache sees and
//! is of no matter, [`stable_paths`] and [`run_paths`] keep what changes for no reason out of it, [`client`] asks the
//! cache, [`entry_checksum`] tells whether an entry is what it was, [`process`] runs the compiler,
//! [`session`] notes what came of it, and [`key_record`] what its key was made of.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod added_flags;
mod bootstrap;
mod cache_error;
mod cacheability;
mod call;
mod cargo_config;
mod client;
mod compiler_stub;
mod dep_info;
mod digest;
mod entry_checksum;
mod hook;
mod invocation;
mod kept;
mod key_material;
mod key_record;
mod keyless;
mod outputs;
mod print;
mod process;
mod project_wrapper;
mod real_sccache;
mod run_paths;
mod session;
mod stable_paths;
mod static_libraries;
mod surroundings;
mod temporary;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use nix_sccache_contract as contract;

fn main() -> ExitCode {
    let mut arguments = env::args_os();
    let called_as = arguments.next().unwrap_or_default();
    let arguments: Vec<OsString> = arguments.collect();
    if let Some(linker) = stable_paths::linker_called(&called_as) {
        return stable_paths::as_linker(&linker, &arguments);
    }
    // Sccache calls its compiler, which is us again: whatever the name, the real one is meant.
    if let Some(compiler) = env::var_os(contract::COMPILER) {
        return compiler_stub::main(&called_as, compiler, arguments);
    }
    match Path::new(&called_as)
        .file_name()
        .and_then(|name| name.to_str())
    {
        Some("sccache") => call::as_sccache(arguments),
        Some("cargo") => call::as_cargo(&arguments),
        None | Some("nix-sccache-shim") => hook::main(&arguments),
        Some(compiler) => call::as_compiler(compiler, arguments),
    }
}
