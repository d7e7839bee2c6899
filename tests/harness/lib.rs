//! Starts what the tests stand on: real Nixes, the real plugin, the real shim, a real sccache.
//!
//! `scripts/test` sets the environment that is read here; a part that is missing is a
//! failure that says which, never a test passed over.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test harness fails by panicking"
)]
#![allow(clippy::missing_panics_doc, clippy::must_use_candidate)]

pub mod attack;
mod commands;
mod crates;
mod daemon;
pub mod damage;
mod derivation;
mod dist_server;
mod gateway;
mod host;
mod network;
mod places;
mod process;
pub mod protocol;
mod redis;
mod rustup;
pub mod s3;
mod shim;
mod wait;

pub use commands::{commit, script, stdout_of};
pub use crates::{Library, library};
pub use daemon::{Daemon, entries};
pub use derivation::{Built, Derivation};
pub use dist_server::DistServer;
pub use gateway::Gateway;
pub use host::{Host, Hosts, hosts};
pub use network::{Machine, Network};
pub use places::{built, root, rustc, sccache, variable};
pub use redis::Redis;
pub use rustup::{Installed, Rustup};
pub use s3::S3;
pub use shim::{Reported, Shim, logs_in, reported};
pub use wait::until;
