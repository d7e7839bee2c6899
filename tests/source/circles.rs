//! Finds circles between the modules of a crate.
//!
//! A module depends on another when it names it or an item of it: in a `use`, a path, a macro's
//! arguments, an attribute. A name leads to the module that defines it, through all re-exports: what
//! takes `crate::Error` depends on `error`, and the root that re-exports it does, too.
//!
//! Parent and child are modules like any others. A parent that calls its child or re-exports from it
//! depends on it; a child that takes an item of its parent depends on that. Both at once is a circle:
//! the item moves into a module of its own, beside the child. `mod child;` and `pub(in …)` alone are no
//! dependencies.
//!
//! `#[cfg(test)]` is left out, other conditions are taken for true. Methods are not seen: who calls one
//! has the value from somewhere, and where that is named is seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use nix_sccache_tests::root;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::crates::packages;
use crate::modules::Modules;

/// Modules that depend on each other, and by which names.
struct Circle {
    modules: Vec<String>,
    uses: String,
}

/// The circles in the crate that begins with this file.
fn circles(root_file: &Path) -> Vec<Circle> {
    let modules = Modules::read(root_file);
    let mut edges: BTreeMap<(usize, usize), BTreeMap<String, usize>> = BTreeMap::new();
    for it in modules.uses() {
        let names = edges.entry((it.from, it.to)).or_default();
        names.entry(it.name).or_insert(it.line);
    }
    let graph = DiGraphMap::<usize, ()>::from_edges(edges.keys());
    let circles = tarjan_scc(&graph).into_iter().filter(|it| it.len() > 1);
    circles
        .map(|circle| {
            let mut uses = String::new();
            for ((from, to), names) in &edges {
                if circle.contains(from) && circle.contains(to) {
                    let (path, file) = modules.show(*from);
                    let file = file.strip_prefix(root()).unwrap_or(file).display();
                    writeln!(uses, "  {path} -> {}, in {file}:", modules.show(*to).0).unwrap();
                    for (name, line) in names {
                        writeln!(uses, "    {line}: {name}").unwrap();
                    }
                }
            }
            let mut modules: Vec<_> = circle
                .iter()
                .map(|it| modules.show(*it).0.to_owned())
                .collect();
            modules.sort();
            Circle { modules, uses }
        })
        .collect()
}

#[test]
fn no_modules_of_a_crate_are_in_a_circle() {
    let mut found = Vec::new();
    for target in packages().iter().flat_map(|package| &package.targets) {
        for Circle { modules, uses } in circles(&target.file) {
            found.push(format!("{}: {}\n{uses}", target.name, modules.join(", ")));
        }
    }
    assert!(found.is_empty(), "modules in circles\n{}", found.join("\n"));
}

/// The circles of a crate whose files have these texts, with the modules' names.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = directory.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    circles(&directory.path().join("lib.rs"))
        .iter()
        .map(|it| it.modules.join(" ").replace("crate::", ""))
        .collect()
}

#[test]
fn every_way_to_name_an_item_counts() {
    for use_of_b in [
        "use super::b::f;",
        "use crate::b::{f as g, h};",
        "use crate::*; use b::f;",
        "use super::*; fn g() { b::f() }",
        "use super::b; fn g() { b::f() }",
        "fn g() { super::b::f() }",
        "fn g(_: &dyn Iterator<Item = crate::b::B>) {}",
        "impl super::b::B {}",
        "fn g() { assert_eq!(1, { let x = crate::b::f(); x }) }",
        "macro_rules! m { () => { $crate::b::f() } }",
        "struct S { #[serde(with = \"super::b::f\")] s: u8 }",
        "use crate::B;",
        "use super::c::B;",
        "use self::d::g; mod d { use crate::b; pub fn g() { b::f() } }",
    ] {
        let lib = "mod a; mod b; mod c; pub use b::B;";
        let b = "pub struct B; pub fn f() { crate::a::z() }";
        let a = format!("pub fn z() {{}} {use_of_b}");
        let files = [
            ("lib.rs", lib),
            ("a.rs", &a),
            ("b.rs", b),
            ("c.rs", "pub use crate::B;"),
        ];
        let found = circles_of(&files);
        let expected = match use_of_b {
            it if it.contains("mod d") => "a a::d b",
            // All of the root is taken.
            it if it.contains("::*") => "crate a b",
            _ => "a b",
        };
        assert_eq!(found, [expected], "{use_of_b}");
    }
}

#[test]
fn parents_are_modules_like_any_others() {
    let parent = |uses: &str| format!("mod x; mod y; pub struct A; {uses}");
    for (uses, child, expected) in [
        (
            "pub use x::f;",
            "use super::A; pub fn f() {}",
            &["a a::x"][..],
        ),
        (
            "fn g() { x::f() }",
            "pub(in crate::a) fn f() { let _ = super::A; }",
            &["a a::x"],
        ),
        ("pub use x::f;", "pub(in crate::a) fn f() {}", &[]),
        ("", "use super::A; fn f() {}", &[]),
        ("pub use x::f;", "pub use super::y::f;", &[]),
        (
            "fn g() { x::f() }",
            "pub fn f() {} #[cfg(test)] mod tests { use crate::a::A; }",
            &[],
        ),
        (
            "fn g() { x::f() }",
            "pub fn f() {} #[cfg(test)] use super::A;",
            &[],
        ),
        (
            "use serde::x; fn g(x: u8) { x; }",
            "/// [`super::A`]\npub fn f(_: std::x::A) {}",
            &[],
        ),
    ] {
        let a = parent(uses);
        let y = "pub fn f() {}";
        let files = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", &a),
            ("a/x.rs", child),
            ("a/y.rs", y),
        ];
        assert_eq!(circles_of(&files), expected, "{uses} {child}");
    }
}
