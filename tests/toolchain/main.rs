//! `rust.toolchain` against the real rustup.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod directories;
mod files;
mod flakes;
mod installed;
mod names;
