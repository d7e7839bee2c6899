//! The documentation: links lead somewhere, snippets are code, and pages are in the book and short.
//! `scripts/docs` makes the reference pages that these read.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use nix_sccache_tests::{root, stdout_of};

use self::page::Page;

/// Every page of the repository by its path, and of the reference those that are made.
fn pages() -> BTreeMap<PathBuf, Page> {
    let listed = stdout_of(
        Command::new("git")
            .args(["-C", root().to_str().unwrap()])
            .args([
                "ls-files",
                "--cached",
                "--others",
                "--exclude-standard",
                "*.md",
            ]),
    );
    let known = listed.lines().map(PathBuf::from);
    let made = ["builtins", "flake-parts", "lib", "nixos", "reasons"]
        .map(|name| PathBuf::from(format!("docs/src/reference/{name}.md")));
    known
        .filter(|path| root().join(path).exists())
        .chain(made)
        .map(|path| {
            let text = fs::read_to_string(root().join(&path))
                .unwrap_or_else(|error| panic!("{}: {error}: run scripts/docs", path.display()));
            (path, Page::read(&text))
        })
        .collect()
}

/// Whether a page is of the book.
fn is_in_book(path: &Path) -> bool {
    path.starts_with("docs/src")
}

/// A path without `.` and `..`; none where it leads out of the repository.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir if normal.pop() => (),
            Component::CurDir => (),
            _ => return None,
        }
    }
    Some(normal)
}

/// What is wrong with a link of a page.
fn fault(pages: &BTreeMap<PathBuf, Page>, from: &Path, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        from.to_owned()
    } else {
        match normal(&from.parent().unwrap().join(path)) {
            Some(target) if root().join(&target).exists() => target,
            Some(target) => return Some(format!("there is no {}", target.display())),
            None => return Some("it leads out of the repository".to_owned()),
        }
    };
    let is_page = target
        .extension()
        .is_some_and(|extension| extension == "md");
    if is_in_book(from) && is_page && !is_in_book(&target) {
        // mdBook makes `.html` of it.
        return Some(
            "the book has no such page: link to its directory, or to what it is about".to_owned(),
        );
    }
    if anchor.is_empty() {
        return None;
    }
    match pages.get(&target) {
        Some(page) if page.anchors.iter().any(|known| known == anchor) => None,
        Some(page) => Some(format!("it has the anchors {}", page.anchors.join(", "))),
        None => Some("only pages have anchors".to_owned()),
    }
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let mut dead = Vec::new();
    let mut checked = 0;
    for (path, page) in &pages {
        for (line, link) in &page.links {
            checked += 1;
            if let Some(fault) = fault(&pages, path, link) {
                dead.push(format!("{}:{line}: {link}: {fault}", path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
    assert!(checked > 100, "only {checked} links were found");
}

/// Each kind of dead link is found.
#[test]
fn dead_links_are_found() {
    let pages = pages();
    let book = Path::new("docs/src/host.md");
    for (from, link, expected) in [
        ("README.md", "docs/none.md", "there is no docs/none.md"),
        ("README.md", "../other", "it leads out of the repository"),
        ("README.md", "docs/src/host.md#none", "it has the anchors"),
        ("README.md", "nix/lib#none", "only pages have anchors"),
        ("docs/src/host.md", "#none", "it has the anchors"),
        (
            "docs/src/host.md",
            "../../README.md",
            "the book has no such page",
        ),
    ] {
        let fault = fault(&pages, Path::new(from), link);
        assert!(
            fault
                .as_deref()
                .is_some_and(|fault| fault.contains(expected)),
            "{link}: {fault:?}"
        );
    }
    for link in [
        "security.md",
        "host.md#on-nixos",
        "#on-nixos",
        "../../nix/lib",
    ] {
        assert_eq!(fault(&pages, book, link), None, "{link}");
    }
}

#[test]
fn every_page_is_in_the_summary() {
    let pages = pages();
    let summary = Path::new("docs/src/SUMMARY.md");
    let listed = &pages[summary].links;
    for path in pages
        .keys()
        .filter(|path| is_in_book(path) && *path != summary)
    {
        let name = path.strip_prefix("docs/src").unwrap().to_str().unwrap();
        assert!(
            listed.iter().any(|(_, link)| link == name),
            "{} is missing in {}",
            path.display(),
            summary.display()
        );
    }
}

/// A longer README hides what a newcomer wants; a longer page is two.
#[test]
fn pages_are_short() {
    for path in pages().keys() {
        let most = match path.to_str().unwrap() {
            "README.md" => 130,
            name if name.starts_with("docs/src/") && !name.starts_with("docs/src/reference/") => {
                200
            }
            _ => continue,
        };
        let lines = fs::read_to_string(root().join(path))
            .unwrap()
            .lines()
            .count();
        assert!(
            lines <= most,
            "{} has {lines} lines, of at most {most}",
            path.display()
        );
    }
}

/// The page about dependencies has a section for each of our crates, or for several, and a row for each crate
/// that their manifests name.
#[test]
fn dependencies_have_reasons() {
    let page = fs::read_to_string(root().join("docs/src/dependencies.md")).unwrap();
    let mut sections = 0;
    for section in page.split("\n## ").skip(1) {
        let mut named = BTreeSet::new();
        for directory in section.lines().next().unwrap().split(", ") {
            let manifest = fs::read_to_string(root().join(directory).join("Cargo.toml")).unwrap();
            let manifest: toml::Table = manifest.parse().unwrap();
            for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
                let crates = manifest.get(kind).and_then(toml::Value::as_table);
                named.extend(crates.into_iter().flatten().map(|(name, _)| name.clone()));
            }
            sections += 1;
        }
        named.retain(|name| !name.starts_with("nix-sccache"));
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let told: BTreeSet<_> = rows
            .flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2))
            .map(str::to_owned)
            .collect();
        assert_eq!(told, named, "{section}");
    }
    let workspaces = ["Cargo.toml", "wrapper/Cargo.toml"].map(|manifest| {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        manifest["workspace"]["members"].as_array().unwrap().len()
    });
    // And those two that are no members: fuzz, and wrapper itself.
    assert_eq!(sections, workspaces.iter().sum::<usize>() + 2);
}

/// Runs a command on a text, and gives what it says is wrong.
fn refused(command: &mut Command, text: &str) -> Option<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Of the README and of the book, but for what is made of other files' comments. Names in Nix code may be of
/// anything that is around a snippet.
#[test]
fn snippets_are_code() {
    let mut read = 0;
    for (path, page) in pages() {
        if path.starts_with("docs/src/reference") {
            continue;
        }
        for (line, language, code) in page.snippets {
            let fault = match language.as_str() {
                "nix" => refused(
                    Command::new("nix-instantiate").args(["--parse", "-"]),
                    &format!("with {{ }}; {code}"),
                ),
                "sh" => refused(Command::new("bash").arg("-n"), &code),
                "ini" | "text" => continue,
                _ => Some(format!("`{language}` is no language of the documentation")),
            };
            assert_eq!(fault, None, "{}:{line}", path.display());
            read += 1;
        }
    }
    assert!(read > 20, "only {read} snippets were found");
}
