//! Tells whether a cache needs a network that a sandboxed build does not have.

use crate::error::Error;
use crate::path::AttrPath;

/// Refuses the store at `path`, which is reached over the network, unless the build
/// was said to have one.
pub(super) fn require(path: &AttrPath, network: bool) -> Result<(), Error> {
    if network {
        return Ok(());
    }
    Err(path.error(
        "this is reached over the network, which a sandboxed build does not have: take `transport = \"server\"` and \
         make this a level of the host's daemon, or say `network = true` for a dev shell or an unsandboxed build",
    ))
}
