//! Constants and formats that two processes of nix-sccache share, each defined here and nowhere else.
//! No I/O, and no look at the environment.
//!
//! | module | holds |
//! |---|---|
//! | [`variables`] | environment variables: who sets each, who reads it, what it means unset |
//! | [`hidden`] | variables that wrappers of compilers read, by prefix: implicit inputs |
//! | [`Language`], [`Links`], [`StablePaths`] | values of such variables |
//! | [`log`] | the session's log: a line an invocation, with what came of it |
//! | [`bypass`] | why an invocation ran without the cache |
//! | [`fault`] | why the cache could not be used, and what went wrong with it and was got over |
//! | [`coded`] | the tables of these: a code, a sentence and a remedy for each |
//! | [`host_log`] | what a session tells the host: lines of its log, as it writes them |
//! | [`report`] | the sum of a log: the closing table, and the report as JSON |
//! | [`record`], [`part`] | what keys were made of |
//! | [`outputs`] | what is part of a build's result, where nothing of ours may be written |
//! | [`json`] | how records are written and read |
//! | [`secret`], [`text`] | what may be shown of other people's values |
//! | [`wire`] | the protocol of sccache's daemon: frames, requests, responses |

pub mod bypass;
pub mod coded;
pub mod fault;
pub mod hidden;
pub mod host_log;
pub mod json;
mod language;
mod links;
pub mod log;
mod named;
pub mod outputs;
pub mod part;
pub mod record;
pub mod report;
pub mod secret;
mod stable_paths;
pub mod text;
pub mod variables;
pub mod wire;

use std::fmt::Write;

pub use language::Language;
pub use links::Links;
pub use stable_paths::StablePaths;
pub use variables::*;

/// Bytes in hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}
