//! Constants and formats that two processes of nix-sccache share, each defined here and nowhere else.
//! No I/O, and no look at the environment.
//!
//! | module | holds |
//! |---|---|
//! | [`variables`] | environment variables: who sets each, who reads it, what it means unset |
//! | [`hidden`] | variables that compilers and their wrappers read, by prefix: implicit inputs |
//! | [`Language`], [`StablePaths`] | values of such variables |

pub mod hidden;
mod language;
mod stable_paths;
pub mod variables;

pub use language::Language;
pub use stable_paths::StablePaths;
pub use variables::*;
