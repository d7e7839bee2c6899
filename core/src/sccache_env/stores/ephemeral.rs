//! Sets sccache's variables for a directory of the build's own.

use serde::Deserialize;

use super::store::{Store, set_size};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::Env;
use crate::sccache_env::size::Size;

/// A directory in the build's own temporary one: hits within one build only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ephemeral {
    /// How much it may hold; 10 GiB by default.
    size: Option<Size>,
}

impl Store for Ephemeral {
    fn is_read_only(&self) -> bool {
        false
    }

    fn write(&self, _: &AttrPath, _: bool, env: &mut Env) -> Result<(), Error> {
        set_size(env, self.size);
        Ok(())
    }
}
