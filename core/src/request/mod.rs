//! Reads a request: the argument of a builtin, on its way from Nix to a Rust type.
//!
//! The prelude writes it as JSON ([`parse`] has the rules), which becomes a
//! [`Value`], which becomes the builtin's own type ([`read`]).

mod json;
mod read;

pub use json::parse;
pub use read::read;
