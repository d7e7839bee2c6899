//! Projects through random changes, of which `scripts/differential` makes as many as it is told to.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

/// With the cache comes what comes without it. The seed is always the same, so that one who changed nothing sees no
/// failure; `scripts/differential` takes others.
#[test]
fn the_cache_changes_nothing() {
    let status = Command::new(env!("CARGO_BIN_EXE_differential"))
        .args(["40", "7"])
        .status();
    assert!(status.unwrap().success());
}
