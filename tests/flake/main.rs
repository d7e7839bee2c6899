//! The flake, as those meet it who give Nix its address, and what it hands out: with stand-ins for its
//! inputs, without the plugin, with it, and without it again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod copy;
mod outputs;
mod store_paths;
mod templates;
mod without_flakes;
