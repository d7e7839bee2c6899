//! Sets sccache's variables for Tencent's COS.

use serde::Deserialize;

use super::store::{Store, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{Secret, TencentSecretId, TencentSecretKey};
use crate::sccache_env::settings::{Endpoint, KeyPrefix, Text};

/// Tencent's Cloud Object Storage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cos {
    /// The bucket.
    bucket: Text,
    /// The server.
    endpoint: Endpoint,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Never here.
    #[serde(rename = "secretId")]
    _secret_id: Option<Secret<TencentSecretId>>,
    /// Never here.
    #[serde(rename = "secretKey")]
    _secret_key: Option<Secret<TencentSecretKey>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Cos {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set(
            env,
            &[
                ("SCCACHE_COS_BUCKET", &self.bucket),
                ("SCCACHE_COS_ENDPOINT", &self.endpoint),
                ("SCCACHE_COS_KEY_PREFIX", &self.key_prefix),
            ],
        );
        set_mode(env, "SCCACHE_COS_RW_MODE", self.read_only);
        Ok(())
    }
}
