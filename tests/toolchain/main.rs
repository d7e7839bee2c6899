//! `rust.toolchain` against the real rustup.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod files;
mod flakes;
mod folders;
mod installed;
mod names;
