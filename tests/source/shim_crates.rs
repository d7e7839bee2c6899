//! Holds the tree of the shim's crates against the list of those that may be in it, `wrapper/crates.txt`.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use nix_sccache_tests::{root, stdout_of};

/// A derivation's closure has no room for more.
const MOST: usize = 25;

#[test]
fn no_crate_is_in_the_shim_that_is_not_listed() {
    let wrapper = root().join("wrapper");
    let mut tree = Command::new("cargo");
    tree.args(["tree", "--locked", "--package", "nix-sccache-shim"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(&wrapper);
    let tree = stdout_of(&mut tree);
    let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let mut found: BTreeSet<_> = tree.lines().filter_map(name).collect();
    assert!(found.remove("nix-sccache-shim"), "{tree}");
    let list = fs::read_to_string(wrapper.join("crates.txt")).unwrap();
    let listed: BTreeSet<_> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(name)
        .collect();
    let unlisted: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(
        unlisted.is_empty() && gone.is_empty(),
        "not in wrapper/crates.txt: {unlisted:?}; there, and not in the tree: {gone:?}"
    );
    assert!(listed.len() <= MOST, "{} crates", listed.len());
}
