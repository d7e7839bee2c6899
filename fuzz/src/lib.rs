//! What the fuzz targets share: arguments that are nearly right, and what holds of every
//! answer.
//!
//! libFuzzer's panic hook ends the process, so a panic that the dispatch would catch and
//! report as "a fault in nix-sccache" is a finding here, with its backtrace.

mod ask;
mod attrs;
mod request;
mod settings;
mod text;
mod value;

pub use ask::{ask, ask_about};
pub use attrs::attrs;
pub use request::request;
pub use settings::Settings;
pub use text::{Text, Triple};
pub use value::{AnyValue, depth};

use nix_sccache_core::Value;

/// What stands in an argument for a text beside it.
#[must_use]
pub fn text(name: &str, start: usize, length: usize) -> Value {
    let number = |number| Value::Int(i64::try_from(number).expect("an input is short"));
    attrs([
        ("name", Value::String(name.into())),
        ("start", number(start)),
        ("length", number(length)),
    ])
}
