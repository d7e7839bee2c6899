//! `builtins.rust` in the real Nixes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod any_value;
mod bootstrap_config;
mod documentation;
mod everywhere;
mod flakes;
mod loading;
mod sccache_env;
mod targets;
mod toml_round_trip;
mod wrong_calls;
