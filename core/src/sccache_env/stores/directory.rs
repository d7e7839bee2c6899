//! Sets sccache's variables for a directory.

use serde::Deserialize;

use super::store::{Store, set_mode, set_size};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::settings::AbsolutePath;
use crate::sccache_env::size::Size;
use nix_sccache_contract as contract;

/// A directory. Entries are readable by the user who wrote them alone, so several
/// build users cannot share one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Directory {
    /// The directory, as the build sees it.
    path: AbsolutePath,
    /// How much it may hold; 10 GiB by default. The entries used least recently go first.
    size: Option<Size>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Directory {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, _: &AttrPath, _: bool, env: &mut Env) -> Result<(), Error> {
        set(env, &[(contract::CACHE_DIR, &self.path)]);
        set_size(env, self.size);
        set_mode(env, "SCCACHE_LOCAL_RW_MODE", self.read_only);
        Ok(())
    }
}
