//! Computes what the builtins of nix-sccache answer.
//!
//! No FFI, no I/O, no look at the environment: every builtin is a pure function
//! from one serde type to another, so that the same call gives the same answer in
//! every Nix. A builtin that goes wrong gives an [`Error`], which names the
//! attribute at fault.

pub mod bootstrap_config;
mod error;
mod hash;
pub mod manifest;
mod path;
pub mod request;
pub mod sccache_env;
mod server;
mod show;
mod source;
pub mod stage0;
mod suggest;
pub mod target;
pub mod to_toml;
mod toml_walk;
pub mod toolchain;
mod value;
pub mod version;

pub use error::Error;
pub use hash::Sha256;
pub use path::{AttrPath, Step};
pub use server::Server;
pub use source::{Source, TextRef};
pub use suggest::nearest;
pub use value::Value;
