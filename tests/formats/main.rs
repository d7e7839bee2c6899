//! What the formats of `wrapper/contract` and `wrapper/trace/format` write, they read, and nothing else. They are tested
//! here, since a change in `wrapper/` is another shim, and with that another derivation of every user's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod coded;
mod fault;
mod log;
mod part;
mod record;
mod report;
mod secret;
mod text;
mod trace;
mod wire;
