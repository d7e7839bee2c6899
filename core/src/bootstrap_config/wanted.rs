//! Reads what `rust.bootstrapConfig` is asked.

use serde::Deserialize;

use super::raw::Raw;
use crate::sccache_env::AbsolutePath;
use crate::source::TextRef;

/// What `rust.bootstrapConfig` is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Wanted {
    /// The source's `src/version`.
    pub(super) source: Option<TextRef>,
    /// The source's release, in place of that.
    pub(super) release: Option<String>,
    /// The config, by bootstrap's own names.
    pub(super) settings: Option<Raw>,
    /// Whether the build has no network, and defaults that fit.
    #[serde(default = "yes")]
    pub(super) sandbox: bool,
    /// The package with the compiler and the cargo to build with.
    pub(super) toolchain: Option<AbsolutePath>,
    /// Where to install.
    pub(super) prefix: Option<AbsolutePath>,
    /// Whether to build through sccache.
    #[serde(default)]
    pub(super) sccache: bool,
}

fn yes() -> bool {
    true
}
