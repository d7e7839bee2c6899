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
//! rustc calls it as well, for the linker ([`relink`], with [`linker_trace`] to tell what that read, and [`own_outputs`] for the paths that
//! are other ones in another derivation), and cargo a copy of it in the place of each build script ([`launcher`]).
//!
//! A compiler's call goes through these, each with one job: [`invocation`] reads it, [`cacheability`] decides what it
//! is, [`surroundings`] whether anything but the arguments forbids that, [`stable_paths`] and [`run_paths`] keep what
//! changes for no reason out of it, [`request`] makes its key, [`connection`] finds the storage, [`answer`] asks that and
//! has an entry put in place ([`replay`]), or has [`observed`] run the compiler, and stores what it made, if that may be
//! ([`storable`], [`written`], [`clock`]); what a program reads that no trace shows, [`rust_program`] and [`stripped`] tell;
//! [`session`] notes what came of it, and [`key_record`] what its key was made of. Where a call is made under another's observation, [`outer_trace`] tells that
//! what it depends on.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod added_flags;
mod answer;
mod bootstrap;
mod cache_error;
mod cacheability;
mod call;
mod cargo_config;
mod clock;
mod connection;
mod hook;
mod invocation;
mod key_record;
mod launcher;
mod linker_trace;
mod links;
mod observed;
mod out_dir;
mod outer_trace;
mod own_outputs;
mod plan;
mod print;
mod process;
mod project_wrapper;
mod real_sccache;
mod relink;
mod relocated;
mod replay;
mod request;
mod run_paths;
mod rust_program;
mod session;
mod settings;
mod stable_paths;
mod storable;
mod store;
mod stripped;
mod surroundings;
mod temporary;
mod verify;
mod written;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use dlmalloc::GlobalDlmalloc;

use crate::launcher::Launcher;

/// musl's own allocator gives memory back to the kernel as soon as it can, which is a third of a hit.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

fn main() -> ExitCode {
    process::TELLS.set(outer_trace::tell_of_program).ok();
    let mut arguments = env::args_os();
    let called_as = arguments.next().unwrap_or_default();
    let arguments: Vec<OsString> = arguments.collect();
    if let Some(directory) = relink::called(&called_as) {
        return relink::as_linker(directory, &arguments);
    }
    if let Some(launcher) = Launcher::called(&called_as) {
        return call::as_build_script(&launcher, arguments);
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
