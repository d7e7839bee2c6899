//! Sets sccache's variables for GitHub Actions.

use serde::Deserialize;

use super::store::{Store, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{ActionsRuntimeToken, Secret};
use crate::sccache_env::settings::Text;

/// The cache service of GitHub Actions; the runner's environment has the rest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Gha {
    /// A name that keeps caches apart.
    version: Option<Text>,
    /// Never here.
    #[serde(rename = "token")]
    _token: Option<Secret<ActionsRuntimeToken>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Gha {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set(
            env,
            &[
                ("SCCACHE_GHA_ENABLED", &true),
                ("SCCACHE_GHA_VERSION", &self.version),
            ],
        );
        set_mode(env, "SCCACHE_GHA_RW_MODE", self.read_only);
        Ok(())
    }
}
