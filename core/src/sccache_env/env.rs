//! Names the environment of a derivation.

use std::collections::BTreeMap;

/// The environment of a derivation: what `rust.sccacheEnv` answers.
pub type Env = BTreeMap<&'static str, String>;
