//! Names the environment of a derivation.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use nix_sccache_contract::{Links, StablePaths};

use super::settings::{AbsolutePath, Endpoint, KeyPrefix, Text};
use super::size::{Limit, Size};

/// The environment of a derivation: what `rust.sccacheEnv` answers.
pub type Env = BTreeMap<&'static str, String>;

/// What a setting is in a variable.
pub(super) trait Setting {
    /// The variable's value; nothing where the setting is not given.
    fn value(&self) -> Option<String>;
}

impl<T: Setting> Setting for Option<T> {
    fn value(&self) -> Option<String> {
        self.as_ref()?.value()
    }
}

macro_rules! settings {
    ($($type:ty => |$setting:ident| $value:expr),* $(,)?) => {
        $(
            impl Setting for $type {
                fn value(&self) -> Option<String> {
                    let $setting = self;
                    Some($value)
                }
            }
        )*
    };
}

settings! {
    &str => |it| (*it).to_owned(),
    bool => |it| it.to_string(),
    u32 => |it| it.to_string(),
    NonZeroU32 => |it| it.to_string(),
    Size => |it| it.bytes().to_string(),
    Limit => |it| it.bytes().to_string(),
    Text => |it| it.as_str().to_owned(),
    KeyPrefix => |it| it.as_str().to_owned(),
    Endpoint => |it| it.as_str().to_owned(),
    AbsolutePath => |it| it.as_str().to_owned(),
    Links => |it| it.name().to_owned(),
    StablePaths => |it| it.name().to_owned(),
}

/// Adds the variables of the settings that are given.
pub(super) fn set(env: &mut Env, variables: &[(&'static str, &dyn Setting)]) {
    let given = |(name, setting): &(_, &dyn Setting)| Some((*name, setting.value()?));
    env.extend(variables.iter().filter_map(given));
}
