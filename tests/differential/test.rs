//! Projects through random changes, of which `scripts/differential` makes as many as it is told to.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

/// With the cache comes what comes without it. What it prints names the seed.
#[test]
fn the_cache_changes_nothing() {
    let status = Command::new(env!("CARGO_BIN_EXE_differential"))
        .arg("40")
        .status();
    assert!(status.unwrap().success());
}
