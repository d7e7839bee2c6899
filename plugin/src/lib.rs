//! Adds one builtin to Nix, `builtins.rust`: the plugin of nix-sccache.
//!
//! Nix's ABI changes with nearly every release, so as little as possible goes through
//! it: a [`host`] registers one function of three strings that gives one, and the
//! prelude, a Nix file, makes the builtins of it. [`dispatch`] answers.

pub mod dispatch;
pub mod host;
