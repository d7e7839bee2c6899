//! Sets sccache's variables for Google Cloud Storage.

use serde::Deserialize;

use super::store::{Store, refuse_both};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::settings::{AbsolutePath, Endpoint, KeyPrefix, Text};

/// Google Cloud Storage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Gcs {
    /// The bucket.
    bucket: Text,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// A file with the credentials, outside the store.
    key_path: Option<AbsolutePath>,
    /// The service account, where the machine's own metadata has its credentials.
    service_account: Option<Text>,
    /// A URL of TaskCluster's that answers with a token.
    credentials_url: Option<Endpoint>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Gcs {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        let key = ("keyPath", self.key_path.is_some());
        let account = ("serviceAccount", self.service_account.is_some());
        let url = ("credentialsUrl", self.credentials_url.is_some());
        for (first, second) in [(key, account), (key, url), (account, url)] {
            refuse_both(path, first, second, "each says whose credentials to take")?;
        }
        set(
            env,
            &[
                ("SCCACHE_GCS_BUCKET", &self.bucket),
                ("SCCACHE_GCS_KEY_PREFIX", &self.key_prefix),
                ("SCCACHE_GCS_KEY_PATH", &self.key_path),
                ("SCCACHE_GCS_SERVICE_ACCOUNT", &self.service_account),
                ("SCCACHE_GCS_CREDENTIALS_URL", &self.credentials_url),
                // The one store that sccache does not write to unless it is told to.
                (
                    "SCCACHE_GCS_RW_MODE",
                    &if self.read_only {
                        "READ_ONLY"
                    } else {
                        "READ_WRITE"
                    },
                ),
            ],
        );
        Ok(())
    }
}
