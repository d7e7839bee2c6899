//! Checks the project's own Rust source for the rules of its layout: no circles between modules,
//! and `unsafe` in its one place.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod circles;
mod crates;
mod modules;
mod places;
