//! Refuses what must not be written into a derivation.

use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error};

/// The variable in which sccache finds a secret.
pub trait Variable {
    /// Its name.
    const NAME: &'static str;
}

/// A setting that is a secret: there is no value of this type, so giving one is an
/// error that says what to do instead.
#[derive(Debug)]
pub struct Secret<V> {
    _never: std::convert::Infallible,
    _variable: PhantomData<V>,
}

impl<'de, V: Variable> Deserialize<'de> for Secret<V> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom(format!(
            "a secret does not belong here: a derivation can be read by everybody who can read the store; \
             set {} where sccache runs instead, in the daemon's unit or in the shell, from a file outside the store",
            V::NAME
        )))
    }
}

macro_rules! variables {
    ($($type:ident = $name:literal),* $(,)?) => {
        $(
            #[derive(Debug)]
            pub enum $type {}

            impl Variable for $type {
                const NAME: &'static str = $name;
            }
        )*
    };
}

variables! {
    RedisPassword = "SCCACHE_REDIS_PASSWORD",
    MemcachedPassword = "SCCACHE_MEMCACHED_PASSWORD",
    WebdavPassword = "SCCACHE_WEBDAV_PASSWORD",
    WebdavToken = "SCCACHE_WEBDAV_TOKEN",
    AzureConnectionString = "SCCACHE_AZURE_CONNECTION_STRING",
    AwsAccessKeyId = "AWS_ACCESS_KEY_ID",
    AwsSecretAccessKey = "AWS_SECRET_ACCESS_KEY",
    AwsSessionToken = "AWS_SESSION_TOKEN",
    AlibabaAccessKeyId = "ALIBABA_CLOUD_ACCESS_KEY_ID",
    AlibabaAccessKeySecret = "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    TencentSecretId = "TENCENTCLOUD_SECRET_ID",
    TencentSecretKey = "TENCENTCLOUD_SECRET_KEY",
    ActionsRuntimeToken = "ACTIONS_RUNTIME_TOKEN",
}
