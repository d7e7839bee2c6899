//! The shim with a real sccache, a real cargo and real compilers, outside of Nix.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bootstrap;
mod browser;
mod builds;
mod compilers;
mod compilers_own;
mod doctor;
mod explain;
mod faults;
mod gateway;
mod hidden;
mod keyless;
mod layouts;
mod limits;
mod long_arguments;
mod page;
mod plan;
mod run_paths;
mod screens;
mod top;
mod transparency;
mod transports;
mod verify;

use nix_sccache_tests::{Library, Reported, Shim, reported};

/// `cargo build --release` of a project, from scratch, in a session.
fn build(mut run: std::process::Command, library: &Library) -> Reported {
    library.clean();
    run.current_dir(library.path());
    reported(run, ["cargo", "build", "--release", "--offline"])
}

fn shim() -> Shim {
    Shim::new()
}

/// A pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}
