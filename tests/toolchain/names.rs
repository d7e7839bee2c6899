//! Names with a host behind the channel, which rustup takes on its command line.

use std::collections::BTreeSet;

use nix_sccache_tests::{DistServer, Rustup, hosts};

use crate::files::components;

/// Names, and the hosts that they come to on `x86_64-unknown-linux-gnu`; none for those that
/// name no host that the releases are made for, or are no names.
const NAMES: &[(&str, Option<&str>)] = &[
    (
        "stable-x86_64-unknown-linux-gnu",
        Some("x86_64-unknown-linux-gnu"),
    ),
    (
        "stable-x86_64-unknown-linux-musl",
        Some("x86_64-unknown-linux-musl"),
    ),
    ("stable-musl", Some("x86_64-unknown-linux-musl")),
    ("stable-gnu", Some("x86_64-unknown-linux-gnu")),
    ("stable-aarch64", Some("aarch64-unknown-linux-gnu")),
    ("stable-x86_64", Some("x86_64-unknown-linux-gnu")),
    ("stable-aarch64-gnu", Some("aarch64-unknown-linux-gnu")),
    ("1.84-unknown-linux-musl", Some("x86_64-unknown-linux-musl")),
    ("1.84.1-aarch64-apple-darwin", Some("aarch64-apple-darwin")),
    (
        "1.85.0-beta.4-i686-pc-windows-gnu",
        Some("i686-pc-windows-gnu"),
    ),
    ("nightly-2025-01-28-musl", Some("x86_64-unknown-linux-musl")),
    (
        "stable-2025-01-09-aarch64",
        Some("aarch64-unknown-linux-gnu"),
    ),
    ("stable-unknown-linux", None),
    ("stable-pc-windows-gnu", None),
    ("stable-apple-darwin", None),
    ("stable-i686", None),
    ("stable-x86_64-pc-windows-msvc", None),
    ("stable-anything", None),
    ("stable-gnu-x86_64", None),
    ("stable-linux-x86_64-gnu", None),
    ("stable-x86_64-unknown", None),
    ("stable--musl", None),
];

#[test]
fn hosts_are_completed_as_by_rustup() {
    let server = DistServer::new();
    let names: Vec<_> = NAMES.iter().map(|(name, _)| format!("{name:?}")).collect();
    let manifests: Vec<_> = server
        .manifests()
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let expression = format!(
        "map (name: let call = builtins.rust.toolchain {{ toolchain = name; manifest = [ {} ]; host = \"x86_64-linux\"; }}; answer = builtins.tryEval (builtins.deepSeq call call); in if answer.success then answer.value else null) [ {} ]",
        manifests.join(" "),
        names.join(" ")
    );
    let mut rustups: Vec<Option<BTreeSet<_>>> = Vec::new();
    for (name, host) in NAMES {
        let installed = Rustup::new(&server.url()).install(name);
        assert_eq!(installed.is_ok(), host.is_some(), "{name}: {installed:?}");
        rustups.push(installed.ok().map(|(found, components)| {
            assert!(found.ends_with(host.unwrap_or_default()), "{name}: {found}");
            components
        }));
    }
    for host in hosts() {
        let answers = host.eval(&expression, ["--impure"]).unwrap();
        for ((answer, rustup), (name, expected)) in
            answers.as_array().unwrap().iter().zip(&rustups).zip(NAMES)
        {
            assert_eq!(answer["host"].as_str(), *expected, "{name}");
            if let Some(rustup) = rustup {
                assert_eq!(components(answer), *rustup, "{name}");
            }
        }
    }
}
