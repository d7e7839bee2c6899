//! Sets sccache's variables for Alibaba's OSS.

use serde::Deserialize;

use super::store::{Store, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{AlibabaAccessKeyId, AlibabaAccessKeySecret, Secret};
use crate::sccache_env::settings::{Endpoint, KeyPrefix, Text};

/// Alibaba's Object Storage Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Oss {
    /// The bucket.
    bucket: Text,
    /// The server.
    endpoint: Endpoint,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Whether the bucket is read without credentials.
    #[serde(default)]
    no_credentials: bool,
    /// Never here.
    #[serde(rename = "accessKeyId")]
    _access_key_id: Option<Secret<AlibabaAccessKeyId>>,
    /// Never here.
    #[serde(rename = "accessKeySecret")]
    _access_key_secret: Option<Secret<AlibabaAccessKeySecret>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Oss {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set(
            env,
            &[
                ("SCCACHE_OSS_BUCKET", &self.bucket),
                ("SCCACHE_OSS_ENDPOINT", &self.endpoint),
                ("SCCACHE_OSS_KEY_PREFIX", &self.key_prefix),
                (
                    "SCCACHE_OSS_NO_CREDENTIALS",
                    &self.no_credentials.then_some(true),
                ),
            ],
        );
        set_mode(env, "SCCACHE_OSS_RW_MODE", self.read_only);
        Ok(())
    }
}
