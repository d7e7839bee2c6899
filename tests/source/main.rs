//! Checks the project's own Rust source for the rules of its layout: no circles between modules,
//! `unsafe` in its one place, and no crate in the shim that is not on its list.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod circles;
mod crates;
mod modules;
mod places;
mod shim_crates;
