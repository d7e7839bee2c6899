//! Sets sccache's variables for WebDAV.

use serde::Deserialize;

use super::store::{Store, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{Secret, WebdavPassword, WebdavToken};
use crate::sccache_env::settings::{Endpoint, KeyPrefix, Text};

/// A WebDAV server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Webdav {
    /// Its URL.
    endpoint: Endpoint,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// The user to log in as.
    username: Option<Text>,
    /// Never here.
    #[serde(rename = "password")]
    _password: Option<Secret<WebdavPassword>>,
    /// Never here.
    #[serde(rename = "token")]
    _token: Option<Secret<WebdavToken>>,
    /// Whether to write without making directories first, for servers that have no such request.
    disable_create_dir: Option<bool>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Webdav {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set(
            env,
            &[
                ("SCCACHE_WEBDAV_ENDPOINT", &self.endpoint),
                ("SCCACHE_WEBDAV_KEY_PREFIX", &self.key_prefix),
                ("SCCACHE_WEBDAV_USERNAME", &self.username),
                (
                    "SCCACHE_WEBDAV_DISABLE_CREATE_DIR",
                    &self.disable_create_dir,
                ),
            ],
        );
        set_mode(env, "SCCACHE_WEBDAV_RW_MODE", self.read_only);
        Ok(())
    }
}
