//! A build with the cache makes what one without it makes, whatever changes: for each thing that a compiler reads, a
//! case that changes it. Each builds with a real sccache behind a real gateway, and compares all files, the messages
//! and the exit code with those of the compilers alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod build_scripts;
mod c;
mod case;
mod engine;
mod links;
mod macros;
mod native;
mod neighbours;
mod nixpkgs;
mod probes;
mod project;
mod rust;
mod session;
mod store;
mod whole;
