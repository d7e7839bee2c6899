//! Sets sccache's variables for Azure Blob Storage.

use serde::Deserialize;

use super::store::{Store, refuse_both, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{AzureConnectionString, Secret};
use crate::sccache_env::settings::{Endpoint, KeyPrefix, Text};

/// Azure Blob Storage, by Microsoft Entra ID.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Azure {
    /// The container.
    container: Text,
    /// The storage account; the endpoint follows from it.
    storage_account: Option<Text>,
    /// The endpoint, where it does not follow from an account.
    endpoint: Option<Endpoint>,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Never here.
    #[serde(rename = "connectionString")]
    _connection_string: Option<Secret<AzureConnectionString>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Azure {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        let account = ("storageAccount", self.storage_account.is_some());
        let endpoint = ("endpoint", self.endpoint.is_some());
        refuse_both(path, account, endpoint, "each says where the container is")?;
        if !account.1 && !endpoint.1 {
            // Sccache warns and takes the local disk instead.
            return Err(path.error("say where the container is: `storageAccount` or `endpoint`"));
        }
        set(
            env,
            &[
                ("SCCACHE_AZURE_BLOB_CONTAINER", &self.container),
                ("SCCACHE_AZURE_STORAGE_ACCOUNT", &self.storage_account),
                ("SCCACHE_AZURE_ENDPOINT", &self.endpoint),
                ("SCCACHE_AZURE_KEY_PREFIX", &self.key_prefix),
            ],
        );
        set_mode(env, "SCCACHE_AZURE_RW_MODE", self.read_only);
        Ok(())
    }
}
