//! Checks that things stand in their places: `unsafe` where Rust meets another language, and all that the
//! shim is made of in `wrapper/`.

use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_tests::root;
use proc_macro2::{TokenStream, TokenTree};

use crate::crates::{all_packages, packages, sources};

/// Where Rust meets another language's calls: Nix's, and those of the C library.
const PLACES: [&str; 2] = ["plugin/src/host", "wrapper/trace"];

#[test]
fn unsafe_stands_in_its_places_alone() {
    let mut inside = 0;
    let mut outside = Vec::new();
    for file in packages()
        .iter()
        .flat_map(|package| sources(&package.directory))
    {
        let mut lines = Vec::new();
        find_unsafe(tokens(&file), &mut lines);
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
fn find_unsafe(tokens: TokenStream, lines: &mut Vec<usize>) {
    for token in tokens {
        match token {
            TokenTree::Ident(it) if it == "unsafe" => lines.push(it.span().start().line),
            TokenTree::Group(it) => find_unsafe(it.stream(), lines),
            _ => {}
        }
    }
}

/// Whatever else changes, a user's derivation stays what it is: cargo finds no crate of ours outside of
/// `wrapper/` to compile the shim of, and its sources take in no file from there.
#[test]
fn the_shim_is_made_of_its_own_directory() {
    let wrapper = root().join("wrapper");
    let (workspace, mut taken) = all_packages(&wrapper.join("Cargo.toml"));
    assert_eq!(workspace, wrapper);
    for file in sources(&wrapper) {
        find_files(tokens(&file), file.parent().unwrap(), &mut taken);
    }
    taken.retain(|path| !path.starts_with(&wrapper));
    assert!(taken.is_empty(), "outside of wrapper/: {taken:?}");
}

#[test]
fn files_that_a_source_takes_in_are_found() {
    let source = r#"#[path = "../a.rs"] mod a; mod b { const B: &[u8] = include_bytes!("b/../../c"); }
        fn f() { println!("{}", include_str!("d")); let path = "e"; }"#;
    let mut files = Vec::new();
    find_files(source.parse().unwrap(), Path::new("/f/src"), &mut files);
    let files: Vec<_> = files.iter().map(|it| it.to_str().unwrap()).collect();
    assert_eq!(files, ["/f/a.rs", "/f/c", "/f/src/d", "/f/src/e"]);
}

/// Finds the files that `include!`, its like and `#[path]` name in a source of this directory, and what else
/// has that form.
fn find_files(tokens: TokenStream, directory: &Path, files: &mut Vec<PathBuf>) {
    const NAMES: [&str; 4] = ["include", "include_bytes", "include_str", "path"];
    let mut is_next = false;
    for token in tokens {
        match token {
            TokenTree::Ident(it) => is_next = NAMES.iter().any(|name| it == name),
            TokenTree::Punct(it) => is_next &= matches!(it.as_char(), '!' | '='),
            TokenTree::Group(it) if is_next => {
                find_files(it.stream(), directory, files);
                let literal = syn::parse2::<syn::LitStr>(it.stream());
                files.extend(literal.map(|it| lexical(&directory.join(it.value()))));
                is_next = false;
            }
            TokenTree::Group(it) => find_files(it.stream(), directory, files),
            TokenTree::Literal(it) if is_next => {
                let literal = syn::parse_str::<syn::LitStr>(&it.to_string());
                files.extend(literal.map(|it| lexical(&directory.join(it.value()))));
                is_next = false;
            }
            TokenTree::Literal(_) => is_next = false,
        }
    }
}

/// A path without its `..`.
fn lexical(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(short.pop()),
            part => short.push(part),
        }
    }
    short
}

fn tokens(file: &Path) -> TokenStream {
    fs::read_to_string(file).unwrap().parse().unwrap()
}
