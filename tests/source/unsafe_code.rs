//! Looks for `unsafe` where it must not stand.

use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_tests::root;
use proc_macro2::{TokenStream, TokenTree};

use crate::crates::packages;

/// Where Rust meets another language's calls: Nix's, and those of the C library.
const PLACES: [&str; 2] = ["plugin/src/host", "wrapper/trace"];

#[test]
fn unsafe_stands_in_its_places_alone() {
    let mut inside = 0;
    let mut outside = Vec::new();
    for file in packages()
        .iter()
        .flat_map(|package| sources(&package.folder))
    {
        let tokens: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
        let mut lines = Vec::new();
        find(tokens, &mut lines);
        let file = file.strip_prefix(root()).unwrap();
        if PLACES.iter().any(|place| file.starts_with(place)) {
            inside += lines.len();
        } else {
            outside.extend(
                lines
                    .iter()
                    .map(|line| format!("{}:{line}", file.display())),
            );
        }
    }
    assert!(outside.is_empty(), "`unsafe` at {}", outside.join(", "));
    assert!(inside > 0, "the plugin has none?");
}

/// The lines of `unsafe`, wherever it stands: a macro's argument and an attribute are places as well.
fn find(tokens: TokenStream, lines: &mut Vec<usize>) {
    for token in tokens {
        match token {
            TokenTree::Ident(it) if it == "unsafe" => lines.push(it.span().start().line),
            TokenTree::Group(it) => find(it.stream(), lines),
            _ => {}
        }
    }
}

/// The Rust files in a package's folder, without those of projects in it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_other = path.join("Cargo.toml").exists() || path.ends_with("target");
        if path.is_dir() && !is_other {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
}
