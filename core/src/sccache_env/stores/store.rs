//! Defines what the stores have in common, and how each adds its variables.

use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::size::Size;

/// A place that keeps entries.
pub(in crate::sccache_env) trait Store {
    /// Whether nothing is ever stored.
    fn is_read_only(&self) -> bool;

    /// Adds its variables. `path` is where it stands in the argument; `network` says
    /// whether the build has one.
    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error>;
}

pub(super) fn set_mode(env: &mut Env, name: &'static str, read_only: bool) {
    if read_only {
        env.insert(name, "READ_ONLY".to_owned());
    }
}

/// Refuses two settings of which sccache would pass over one.
pub(super) fn refuse_both(
    path: &AttrPath,
    first: (&str, bool),
    second: (&str, bool),
    why: &str,
) -> Result<(), Error> {
    if first.1 && second.1 {
        let message = format!(
            "`{}` and `{}` contradict each other ({why}): drop one of the two",
            first.0, second.0
        );
        return Err(path.error(message));
    }
    Ok(())
}

/// How much sccache's disk cache may hold, wherever its directory is.
pub(super) fn set_size(env: &mut Env, size: Option<Size>) {
    set(env, &[("SCCACHE_CACHE_SIZE", &size)]);
}
