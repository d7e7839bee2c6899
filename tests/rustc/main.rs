//! rustc, built by x.py in the sandbox and through the cache: a real source, and flakes with
//! stand-ins for their inputs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod debian;
mod flakes;
mod tree;
