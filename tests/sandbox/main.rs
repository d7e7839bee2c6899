//! Real builds in the real sandbox, through the real plugin, shim and daemon.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod builders;
mod every_build;
mod faults;
mod gateway;
mod host_logs;
mod machines;
mod many;
mod paths;
mod plan;
mod program;
mod reports;
mod toolchain;
mod transports;
mod untouched;

use nix_sccache_tests::{Daemon, Derivation, Library, library};
use serde_json::json;

/// The small project, ready for a build without a network.
fn project() -> Library {
    library("hello").locked()
}

/// It, by way of a daemon.
fn through(daemon: &Daemon) -> Derivation {
    Derivation::new(json!({ "transport": "server" })).mount(&daemon.folder(), "/run/nix-sccache")
}
