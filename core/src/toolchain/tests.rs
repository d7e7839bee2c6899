//! Tests `rust.toolchain` on texts: what tests/toolchain has no room for.

use serde_json::json;

use super::*;
use crate::request;

const HOST: &str = "x86_64-unknown-linux-gnu";

/// A manifest of one host: `rustc`, `cargo` and `rust-std` are there, `miri` is not.
const MANIFEST: &str = r#"
manifest-version = "2"
date = "2018-12-09"
[pkg.rust]
version = "1.32.0-beta.2 (a01e4761a 2018-12-07)"
[pkg.rust.target.x86_64-unknown-linux-gnu]
available = true
components = [ { pkg = "rustc", target = "x86_64-unknown-linux-gnu" }, { pkg = "rust-std", target = "x86_64-unknown-linux-gnu" } ]
extensions = [ { pkg = "miri", target = "x86_64-unknown-linux-gnu" } ]
[pkg.rustc]
version = "1.32.0-beta.2"
[pkg.rustc.target.x86_64-unknown-linux-gnu]
available = true
url = "https://static.rust-lang.org/dist/2018-12-09/rustc-beta-x86_64-unknown-linux-gnu.tar.gz"
hash = "0000000000000000000000000000000000000000000000000000000000000000"
[pkg.rust-std]
version = "1.32.0-beta.2"
[pkg.rust-std.target.x86_64-unknown-linux-gnu]
available = true
url = "https://static.rust-lang.org/dist/2018-12-09/rust-std-beta-x86_64-unknown-linux-gnu.tar.gz"
hash = "0000000000000000000000000000000000000000000000000000000000000000"
[pkg.miri]
version = ""
[pkg.miri.target.x86_64-unknown-linux-gnu]
available = false
[profiles]
minimal = ["rustc", "rust-std", "rust-mingw"]
default = ["rustc", "rust-std"]
complete = ["rustc", "rust-std", "miri"]
"#;

/// Asks with attributes, in which each of these texts stands for its name; `manifest` may stand
/// there several times.
fn ask(attributes: serde_json::Value, files: &[(&str, &str, &str)]) -> Result<Toolchain, String> {
    let mut argument = attributes;
    let mut texts = String::new();
    let mut manifests = Vec::new();
    for (attribute, name, text) in files {
        let place = json!({ "name": name, "start": texts.len(), "length": text.len() });
        texts.push_str(text);
        if *attribute == "manifest" {
            manifests.push(place);
        } else {
            argument[attribute] = place;
        }
    }
    argument["manifest"] = json!([manifests]);
    let value = request::parse(argument.to_string().as_bytes()).unwrap();
    request::read(value)
        .and_then(|wanted| toolchain(&wanted, texts.as_bytes()))
        .map_err(|error| error.to_string())
}

fn names(toolchain: &Toolchain) -> Vec<&str> {
    let components = toolchain.components.iter();
    components.map(|one| one.name.as_str()).collect()
}

#[test]
fn a_stage0_has_the_compiler_in_it() {
    let stage0 = include_str!("../stage0/testdata/1.95.0");
    let root = json!({ "host": "x86_64-linux", "root": "https://mirror.example/" });
    let found = ask(root, &[("stage0", "src/stage0", stage0)]).unwrap();
    assert_eq!(names(&found), ["cargo", "rust-std", "rustc"]);
    assert_eq!(found.channel.as_deref(), Some("stable"));
    assert_eq!(found.version.as_deref(), Some("1.94.0"));
    assert_eq!(found.targets, [HOST]);
    let rustc = &found.components[2];
    assert!(
        rustc.url.starts_with("https://mirror.example/dist/2026-")
            && rustc
                .url
                .ends_with("/rustc-1.94.0-x86_64-unknown-linux-gnu.tar.xz"),
        "{}",
        rustc.url
    );
    assert_eq!(rustc.archives["xz"].url, rustc.url);
}

#[test]
fn a_stage0_without_checksums_takes_a_manifest() {
    let stage0 = (
        "stage0",
        "src/stage0.txt",
        "date: 2018-12-09\nrustc: beta\ncargo: beta\n",
    );
    let host = json!({ "host": HOST });
    let error = ask(host.clone(), &[stage0]).unwrap_err();
    assert_eq!(
        error,
        "src/stage0.txt:1:1: for the toolchain \"beta-2018-12-09\", no `manifest` is given. Give that of 2018-12-09: https://static.rust-lang.org/dist/2018-12-09/channel-rust-beta.toml"
    );
    let found = ask(host, &[stage0, ("manifest", "beta.toml", MANIFEST)]).unwrap();
    assert_eq!(names(&found), ["rust-std", "rustc"]);
    assert_eq!(found.version.as_deref(), Some("1.32.0-beta.2"));
    assert_eq!(found.commit.as_deref(), Some("a01e4761a"));
}

#[test]
fn one_thing_says_which_toolchain() {
    let both = ask(
        json!({ "toolchain": "stable", "host": HOST }),
        &[("stage0", "src/stage0", "")],
    );
    let message = "both `toolchain` and `stage0` say which toolchain: drop one of the two";
    assert_eq!(both, Err(message.into()));
}

#[test]
fn what_a_profile_lacks_is_told_or_forced() {
    let manifest = ("manifest", "beta.toml", MANIFEST);
    let minimal = json!({ "toolchain": { "channel": "beta", "profile": "minimal" }, "host": HOST });
    let found = ask(minimal, &[manifest]).unwrap();
    let lacks = |found: &Toolchain| -> Vec<String> {
        found
            .unavailable
            .iter()
            .map(|one| one.name.clone())
            .collect()
    };
    // Windows' alone, as in the profiles of every release.
    assert_eq!(lacks(&found), ["rust-mingw"]);

    let complete = json!({ "channel": "beta", "profile": "complete" });
    let wanted = json!({ "toolchain": complete, "host": HOST });
    let error = ask(wanted, &[manifest]).unwrap_err();
    assert_eq!(
        error,
        "toolchain.profile: Rust 1.32.0-beta.2 (2018-12-09) has no `miri` for x86_64-unknown-linux-gnu, which is of the profile `complete`: choose another profile, or leave it out with `force = true`"
    );
    let forced = json!({ "toolchain": complete, "host": HOST, "force": true });
    let found = ask(forced, &[manifest]).unwrap();
    assert_eq!(names(&found), ["rust-std", "rustc"]);
    assert_eq!(lacks(&found), ["miri"]);
}

#[test]
fn the_newest_manifest_that_fits_is_taken() {
    let later = MANIFEST
        .replace("2018-12-09", "2018-12-20")
        .replace("beta.2", "beta.3");
    let files = [
        ("manifest", "a.toml", MANIFEST),
        ("manifest", "b.toml", later.as_str()),
    ];
    let asked = |name: &str| {
        let wanted = json!({ "toolchain": name, "host": HOST });
        ask(wanted.clone(), &files).map(|found| found.date.unwrap())
    };
    assert_eq!(asked("beta"), Ok("2018-12-20".into()));
    assert_eq!(asked("beta-2018-12-09"), Ok("2018-12-09".into()));
    assert_eq!(asked("1.32.0-beta.2"), Ok("2018-12-09".into()));
    let error = asked("beta-2018-12-10").unwrap_err();
    assert!(
        error.starts_with("toolchain: for the toolchain \"beta-2018-12-10\", no `manifest` fits: a.toml is of 1.32.0-beta.2 (2018-12-09), b.toml is of 1.32.0-beta.3 (2018-12-20). Give that of 2018-12-10: "),
        "{error}"
    );
}

#[test]
fn a_host_that_is_not_there_is_told() {
    let wanted = json!({ "toolchain": "beta", "host": "aarch64-linux" });
    let error = ask(wanted, &[("manifest", "beta.toml", MANIFEST)]).unwrap_err();
    assert!(
        error.starts_with("host: Rust 1.32.0-beta.2 does not run on \"aarch64-unknown-linux-gnu\""),
        "{error}"
    );
}

#[test]
fn attributes_are_the_same_as_a_file() {
    let manifest = ("manifest", "beta.toml", MANIFEST);
    for (text, attributes) in [
        ("channel = \"beta\"", json!({ "channel": "beta" })),
        (
            "channel = \"1.32.0-beta.2\"\nprofile = \"minimal\"\ncomponents = [\"rustc\"]",
            json!({ "channel": "1.32.0-beta.2", "profile": "minimal", "components": [["rustc"]] }),
        ),
        (
            "channel = \"beta-2018-12-09\"\ntargets = [\"x86_64-unknown-linux-gnu\"]",
            json!({ "channel": "beta-2018-12-09", "targets": [[HOST]] }),
        ),
        ("components = []", json!({ "components": [[]] })),
        ("path = \"/opt/rust\"", json!({ "path": "/opt/rust" })),
    ] {
        let rest = json!({ "host": HOST, "default": "beta" });
        let text = format!("[toolchain]\n{text}\n");
        let file = ask(
            rest.clone(),
            &[("file", "rust-toolchain.toml", &text), manifest],
        )
        .unwrap();
        let mut wanted = rest;
        wanted["toolchain"] = attributes;
        assert_eq!(ask(wanted, &[manifest]), Ok(file), "{text}");
    }
}

#[test]
fn what_is_passed_over_is_a_warning() {
    let text = "[toolchain]\nchannel = \"beta\"\ncomponent = [\"miri\"]\n[tools]\n";
    let files = [
        ("file", "rust-toolchain.toml", text),
        ("manifest", "beta.toml", MANIFEST),
    ];
    let found = ask(json!({ "host": HOST }), &files).unwrap();
    assert_eq!(
        found.warnings,
        [
            "rust-toolchain.toml:3:1: unknown key `component` in [toolchain], which is passed over; did you mean `components`?",
            "rust-toolchain.toml:4:2: unknown key `tools`, which is passed over",
        ]
    );
}

#[test]
fn names_that_were_given_are_renamed() {
    let renaming = format!("{MANIFEST}[renames.rustc-old]\nto = \"rustc\"\n");
    let wanted =
        json!({ "toolchain": { "channel": "beta", "components": [["rustc-old"]] }, "host": HOST });
    let found = ask(wanted, &[("manifest", "beta.toml", &renaming)]).unwrap();
    assert_eq!(found.renamed["rustc-old"], "rustc");
    let names: Vec<_> = found
        .components
        .iter()
        .map(|one| (one.name.as_str(), one.package.as_str()))
        .collect();
    assert_eq!(names, [("rust-std", "rust-std"), ("rustc-old", "rustc")]);
}
