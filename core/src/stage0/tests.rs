//! Tests real files, cut to a few platforms, and what is wrong with others.

use serde_json::{Value as Json, json};

use super::*;
use crate::request;
use crate::source::Source;
use crate::value::Value;

const FILES: [(&str, &str); 6] = [
    ("2018-12.txt", include_str!("testdata/2018-12.txt")),
    ("2022-04.json", include_str!("testdata/2022-04.json")),
    ("1.63.0.json", include_str!("testdata/1.63.0.json")),
    ("1.85.1", include_str!("testdata/1.85.1")),
    ("1.95.0", include_str!("testdata/1.95.0")),
    ("2026-07", include_str!("testdata/2026-07")),
];

fn real(name: &str) -> &'static str {
    FILES.iter().find(|(file, _)| *file == name).unwrap().1
}

fn parse(name: &str, text: &str) -> Result<Stage0, String> {
    let source = Source::new(name, text.as_bytes()).unwrap();
    Stage0::parse(source).map_err(|error| error.to_string())
}

fn error(name: &str, text: &str) -> String {
    parse(name, text).unwrap_err()
}

/// Asks as the prelude does, of a file, with the release of its tree and more attributes.
fn ask(file: &str, version: Option<&str>, more: &Json) -> Result<Json, String> {
    let mut asked = more.clone();
    let text = file.to_owned() + version.unwrap_or_default();
    asked["file"] = json!({ "name": "stage0", "start": 0, "length": file.len() });
    if let Some(version) = version {
        asked["version"] =
            json!({ "name": "version", "start": file.len(), "length": version.len() });
    }
    answered(&asked, &text)
}

fn answered(asked: &Json, text: &str) -> Result<Json, String> {
    let value = |text: &str| -> Value { request::parse(text.as_bytes()).unwrap() };
    request::read(value(&asked.to_string()))
        .and_then(|wanted| stage0(&wanted, text.as_bytes()))
        .map(|answer| serde_json::to_value(answer).unwrap())
        .map_err(|error| error.to_string())
}

#[test]
fn the_text_format() {
    let answer = ask(real("2018-12.txt"), None, &json!({})).unwrap();
    assert_eq!(
        answer,
        json!({
            "format": "txt",
            "version": "beta",
            "date": "2018-12-09",
            "channel": "beta",
            "gitCommit": null,
            "channelManifestHash": null,
            "rustfmt": null,
            "cargo": "beta",
            "distServer": null,
            "artifactsServer": null,
            "artifacts": [],
            "accepts": null,
            "warnings": [],
        })
    );
    let later = "date: 2021-03-24\nrustc: 1.51.0\nrustfmt: nightly-2021-03-25\ndev: 1\n";
    let answer = ask(later, Some("1.52.0\n"), &json!({ "host": "x86_64-linux" })).unwrap();
    assert_eq!(answer["channel"], "stable");
    assert_eq!(answer["cargo"], Json::Null);
    assert_eq!(answer["rustfmt"]["version"], "nightly");
    assert_eq!(answer["rustfmt"]["date"], "2021-03-25");
    assert_eq!(answer["rustfmt"]["channel"], "nightly");
    assert_eq!(answer["distServer"], "https://dev-static.rust-lang.org");
    assert_eq!(answer["accepts"]["minors"], json!(["1.51", "1.52"]));
}

#[test]
fn the_json_format() {
    let stage0 = parse("a", real("2022-04.json")).unwrap();
    assert_eq!(stage0.format(), Format::Json);
    assert_eq!(stage0.compiler().channel, Channel::Beta);
    assert_eq!(stage0.rustfmt().unwrap().version, "nightly");
    assert_eq!(stage0.artifacts().len(), 2);
    assert_eq!(stage0.warnings(), [""; 0]);

    let answer = ask(real("1.63.0.json"), Some("1.63.0\n"), &json!({})).unwrap();
    assert_eq!(answer["format"], "json");
    assert_eq!(answer["version"], "1.62.0");
    assert_eq!(answer["date"], "2022-06-30");
    assert_eq!(answer["rustfmt"], Json::Null);
    assert_eq!(answer["distServer"], "https://static.rust-lang.org");
    assert_eq!(
        answer["artifactsServer"],
        "https://ci-artifacts.rust-lang.org/rustc-builds"
    );
    assert_eq!(answer["warnings"], json!([]));
    let accepts = json!({ "source": "1.63.0", "minors": ["1.62", "1.63"], "enforced": false });
    assert_eq!(answer["accepts"], accepts);
    let artifacts = answer["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 8);
    assert_eq!(
        artifacts[7],
        json!({
            "component": "rustc",
            "target": "x86_64-unknown-linux-gnu",
            "archive": "xz",
            "version": "1.62.0",
            "date": "2022-06-30",
            "url": "https://static.rust-lang.org/dist/2022-06-30/rustc-1.62.0-x86_64-unknown-linux-gnu.tar.xz",
            // As `nix hash to-sri` has it.
            "hash": "sha256-5/cfTvCTNN3J7Iy/L5WNZU429YDJX4/sbVyBbOJW29Y=",
        })
    );
}

#[test]
fn the_key_value_format() {
    let answer = ask(real("1.85.1"), Some("1.85.1\n"), &json!({})).unwrap();
    assert_eq!(answer["format"], "key-value");
    assert_eq!(answer["version"], "1.84.0");
    assert_eq!(answer["date"], "2025-01-09");
    assert_eq!(answer["channel"], "stable");
    assert_eq!(answer["gitCommit"], Json::Null);
    assert_eq!(answer["artifacts"].as_array().unwrap().len(), 18);
    assert_eq!(answer["warnings"], json!([]));
    let accepts = json!({ "source": "1.85.1", "minors": ["1.84", "1.85"], "enforced": true });
    assert_eq!(answer["accepts"], accepts);
}

#[test]
fn the_key_value_format_with_more_keys() {
    let answer = ask(real("1.95.0"), None, &json!({})).unwrap();
    assert_eq!(
        answer["gitCommit"],
        "4a4ef493e3a1488c6e321570238084b38948f6db"
    );
    assert_eq!(
        answer["channelManifestHash"],
        "sha256-qqF33vNuAdU5vua96VKVIwuc43j4EFeEXbjQ6+l4mO4="
    );
    assert_eq!(answer["warnings"], json!([]));
    let kinds: Vec<_> = answer["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!("{} {} {}", it["component"], it["target"], it["archive"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "cargo x86_64-unknown-linux-gnu gz",
            "cargo x86_64-unknown-linux-gnu xz",
            "clippy x86_64-unknown-linux-gnu gz",
            "clippy x86_64-unknown-linux-gnu xz",
            "rust x86_64-apple-darwin pkg",
            "rust x86_64-pc-windows-msvc msi",
            "rust-std wasm32-unknown-unknown gz",
            "rust-std wasm32-unknown-unknown xz",
            "rust-std x86_64-unknown-linux-gnu gz",
            "rust-std x86_64-unknown-linux-gnu xz",
            "rustc x86_64-unknown-linux-gnu gz",
            "rustc x86_64-unknown-linux-gnu xz",
            "rustc-src null gz",
            "rustc-src null xz",
        ]
    );
}

#[test]
fn the_artifacts_of_one_host() {
    let of = |host: &str, root: Json| {
        let answer = ask(real("1.95.0"), None, &json!({ "host": host, "root": root })).unwrap();
        let artifacts = answer["artifacts"].as_array().unwrap().clone();
        let urls = artifacts
            .iter()
            .map(|it| it["url"].as_str().unwrap().to_owned());
        urls.collect::<Vec<_>>()
    };
    let of_triple = of("x86_64-unknown-linux-gnu", Json::Null);
    assert_eq!(of_triple.len(), 10);
    assert_eq!(of("x86_64-linux", Json::Null), of_triple);
    assert_eq!(of("wasm32-unknown-unknown", Json::Null).len(), 4);
    let mirrored = of("x86_64-linux", json!("https://mirror.example/rust/dist/"));
    assert_eq!(
        mirrored[0],
        "https://mirror.example/rust/dist/2026-03-05/cargo-1.94.0-x86_64-unknown-linux-gnu.tar.gz"
    );
}

/// In later files rustfmt brings the whole release that it is from.
#[test]
fn the_release_of_rustfmt_is_told_apart() {
    let stage0 = parse("src/stage0", real("2026-07")).unwrap();
    assert_eq!(stage0.warnings(), [""; 0]);
    let rustfmt = stage0.rustfmt().unwrap();
    assert_eq!(rustfmt.channel, Channel::Nightly);
    assert_eq!(
        rustfmt.git_commit.as_deref(),
        Some("77cf889bc178ddb44d6a1c78e5a820b5abb31d8d")
    );
    let rustc: Vec<_> = stage0
        .artifacts()
        .iter()
        .filter(|it| it.component == "rustc" && it.archive == Archive::Xz)
        .map(|it| (it.version.as_str(), it.hash.to_string()))
        .collect();
    assert_eq!(
        rustc,
        [
            (
                "beta",
                "sha256-gfSz/fOiJ3OwbwkziIPSQZWyjQRtCBsPDm0jo1iZ/GE=".to_owned()
            ),
            (
                "nightly",
                "sha256-/MtCiUVD05m0CWN3NWy0Sz7a2Y8PNuAE1qONeGjvH5g=".to_owned()
            ),
        ]
    );
}

#[test]
fn lines_are_read_as_bootstrap_reads_them() {
    let text = "\r\n  # a=b\r\n\tcompiler_date=2024-11-28 \r\ncompiler_version=1.83.0\r\n            \r\n\
                git_merge_commit_email=a=b\r\ncompiler_date=2024-11-28";
    let stage0 = parse("stage0", text).unwrap();
    assert_eq!(stage0.compiler().date, "2024-11-28");
    assert_eq!(stage0.warnings(), [""; 0]);
    // Only the line is trimmed.
    let spaced = text.replace("compiler_version=", "compiler_version =");
    assert_eq!(
        error("stage0", &spaced),
        "stage0:1:1: `compiler_version` is missing: a stage0 file has one, such as compiler_version=1.83.0"
    );
}

#[test]
fn the_format_is_told_by_the_content_first() {
    for (name, text) in FILES {
        let format = parse(name, text).unwrap().format();
        for name in ["src/stage0", "src/stage0.txt", "/nix/store/x-source/stage0"] {
            assert_eq!(parse(name, text).unwrap().format(), format, "{name}");
        }
    }
    // Where there is no content, by the name.
    for (name, example) in [
        ("src/stage0", "compiler_version=1.83.0"),
        ("src/stage0.txt", "rustc: 1.83.0"),
    ] {
        let message = error(name, "\n# nothing\n");
        assert!(message.ends_with(example), "{message}");
    }
    assert!(error("stage0.json", "").starts_with("stage0.json:1:1: EOF"));
}

#[test]
fn what_nobody_knows_is_a_warning() {
    let text = "compiler_date=2024-11-28\ncompiler_version=1.83.0\nmiri_version=1\ndist_extra=2\n";
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let odd = [
        "dist/2024-11-28/rustc-1.84.0-x86_64-unknown-linux-gnu.tar.xz",
        "dist/rustc-1.83.0-x86_64-unknown-linux-gnu.tar.xz",
        "dist/2024-11-28/../rustc-1.83.0-x.tar.xz",
        "dist/2024-11-28/rustc-1.83.0-x86_64-unknown-linux-gnu.zip",
    ];
    let lines = odd.map(|path| format!("{path}={hash}\n")).concat();
    let stage0 = parse("stage0", &(text.to_owned() + &lines)).unwrap();
    assert_eq!(stage0.artifacts(), []);
    assert_eq!(
        stage0.warnings(),
        [
            "stage0:3:1: \"miri_version\" is passed over: bootstrap has no such key".to_owned(),
            "stage0:4:1: \"dist_extra\" is passed over: bootstrap has no such key".to_owned(),
            format!(
                "stage0:5:1: \"{}\" is passed over: it has none of the versions of this file in its name",
                odd[0]
            ),
            format!(
                "stage0:6:1: \"{}\" is passed over: it does not begin with dist/ and a date",
                odd[1]
            ),
            format!(
                "stage0:7:1: \"{}\" is passed over: it has characters that no artifact's name has",
                odd[2]
            ),
            format!(
                "stage0:8:1: \"{}\" is passed over: it is neither .tar.xz nor .tar.gz nor an installer",
                odd[3]
            ),
        ]
    );

    let json = r#"{
  "compiler": { "date": "2022-04-05", "version": "beta", "channel": "x" },
  "extra": [ { "a": 1 } ],
  "checksums_sha256": { "other/x": "y" }
}"#;
    assert_eq!(
        parse("stage0.json", json).unwrap().warnings(),
        [
            "stage0.json:2:59: \"compiler.channel\" is passed over: bootstrap has no such key",
            "stage0.json:3:4: \"extra\" is passed over: bootstrap has no such key",
            "stage0.json:4:26: \"other/x\" is passed over: bootstrap has no such key",
        ]
    );

    let many: Vec<_> = (0..1000).map(|number| format!("key{number}=\n")).collect();
    let stage0 = parse("stage0", &(text.to_owned() + &many.concat())).unwrap();
    assert_eq!(stage0.warnings().len(), 51);
    assert_eq!(
        stage0.warnings()[50],
        "stage0:1:1: 952 more keys are passed over"
    );
}

#[test]
fn the_longer_version_is_the_one_in_a_name() {
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let text = format!(
        "compiler_date=2024-11-28\ncompiler_version=1.83.0\nrustfmt_date=2024-11-28\n\
         rustfmt_version=1.83.0-beta.1\n\
         dist/2024-11-28/rustfmt-1.83.0-beta.1-x86_64-apple-darwin.tar.xz={hash}\n\
         dist/2024-11-28/rust-src-1.83.0.tar.xz={hash}\n"
    );
    let stage0 = parse("stage0", &text).unwrap();
    let [source, rustfmt] = stage0.artifacts() else {
        panic!("{stage0:?}");
    };
    assert_eq!(
        (source.component.as_str(), &source.target),
        ("rust-src", &None)
    );
    assert_eq!(rustfmt.component, "rustfmt");
    assert_eq!(rustfmt.target.as_deref(), Some("x86_64-apple-darwin"));
    assert_eq!(rustfmt.version, "1.83.0-beta.1");
}

#[test]
fn wrong_files_are_told_with_the_place() {
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let path = "dist/2024-11-28/cargo-1.83.0-x86_64-apple-darwin.tar.xz";
    let needed = "compiler_date=2024-11-28\ncompiler_version=1.83.0\n";
    let json = |content: &str| {
        format!(r#"{{ "compiler": {{ "date": "2022-04-05", "version": "beta" }}, {content} }}"#)
    };
    for (text, message) in [
        (
            "[package]\nname = \"rustc\"".into(),
            "s:1:1: \"[package]\" is no line of a stage0 file: they are KEY=VALUE, or begin with #",
        ),
        (
            "date: 2018-12-09\nrustc\n".into(),
            "s:2:1: \"rustc\" is no line of a stage0 file: they are KEY: VALUE, or begin with #",
        ),
        (
            String::new(),
            "s:1:1: `compiler_version` is missing: a stage0 file has one, such as compiler_version=1.83.0",
        ),
        (
            "rustc: beta".into(),
            "s:1:1: `date` is missing: a stage0 file has one, such as date: 2024-11-28",
        ),
        (
            "{}".into(),
            "s:1:1: `compiler.version` is missing: a stage0 file has one, such as \"compiler\": { \"version\": \"1.83.0\" }",
        ),
        (
            format!("{needed}rustfmt_date=2024-11-28"),
            "s:1:1: `rustfmt_version` is missing: a stage0 file has one, such as rustfmt_version=nightly",
        ),
        (
            "compiler_date=28.11.2024\ncompiler_version=1.83.0".into(),
            "s:1:15: \"28.11.2024\" is no date: write one such as 2024-11-28",
        ),
        (
            "compiler_version=stable".into(),
            "s:1:18: \"stable\" is no version of a release: write one such as 1.83.0, beta or nightly",
        ),
        (
            format!("{needed}\ncompiler_version=1.84.0"),
            "s:4:1: \"compiler_version\" is here a second time, with another value than before, at 2:1: drop one of the two",
        ),
        (
            format!("{needed}{path}={hash}\n{path}={}", hash.replace('e', "f")),
            "s:4:1: \"dist/2024-11-28/cargo-1.83.0-x86_64-apple-darwin.tar.xz\" is here a second time, with another value than before, at 3:1: drop one of the two",
        ),
        (
            format!("{needed}{path}=abc"),
            "s:3:57: \"abc\" is no SHA-256: those are 64 hexadecimal digits, and this is for \"dist/2024-11-28/cargo-1.83.0-x86_64-apple-darwin.tar.xz\"",
        ),
        (
            format!("{needed}compiler_channel_manifest_hash="),
            "s:3:32: \"\" is no SHA-256: those are 64 hexadecimal digits, and this is for \"compiler_channel_manifest_hash\"",
        ),
        (
            format!("{needed}dist_server=static.rust-lang.org"),
            "s:3:13: \"static.rust-lang.org\" is no URL: write a server such as \"https://static.rust-lang.org\"",
        ),
        (
            json(r#""checksums_sha256": { "dist/x": 5 }"#),
            "s:1:92: invalid type: integer `5`, expected a string",
        ),
        (
            json(r#""rustfmt": [ ]"#),
            "s:1:73: invalid type: sequence, expected an object of strings",
        ),
        (
            json(r#""checksums_sha256": { "dist/a": "x" }"#),
            "s:1:93: \"x\" is no SHA-256: those are 64 hexadecimal digits, and this is for \"dist/a\"",
        ),
        (
            json(r#""config": { "dist_server": "ftp:\u002f/x" }"#),
            "s:1:1: \"ftp://x\" is neither http, https nor file: write a server such as \"https://static.rust-lang.org\"",
        ),
        ("{".into(), "s:1:1: EOF while parsing an object"),
        ("{ } x".into(), "s:1:5: trailing characters"),
    ] {
        assert_eq!(error("s", &text), message, "{text}");
    }
    assert_eq!(
        error("s.json", "[ ]"),
        "s.json:1:1: invalid type: sequence, expected an object"
    );
}

#[test]
fn wrong_requests_are_told() {
    let file = real("1.95.0");
    let found = json!({ "name": "stage0", "start": 0, "length": 1 });
    assert_eq!(
        answered(&json!({}), ""),
        Err("give a rustc source tree as `source`, or its stage0 file as `file`".into())
    );
    assert_eq!(
        answered(&json!({ "source": found, "file": found }), "x"),
        Err("file: this and `source` exclude each other: drop one of the two".into())
    );
    assert_eq!(
        answered(&json!({ "source": found }), "x"),
        Err("source: stage0:1:1: \"x\" is no line of a stage0 file: they are KEY=VALUE, or begin with #".into())
    );
    let error = |version, more| ask(file, version, &more).unwrap_err();
    assert_eq!(
        error(None, json!({ "sorce": 1 })),
        "sorce: unknown attribute `sorce`; did you mean `source`? (known here: file, host, root, source, version)"
            .replacen("sorce: ", "", 1)
    );
    assert_eq!(
        error(None, json!({ "host": "x86_64-unknown-linux-gun" })),
        "host: stage0:1:1: this stage0 file names no rustc 1.94.0 for \"x86_64-unknown-linux-gun\"; \
         did you mean \"x86_64-unknown-linux-gnu\"? (it has one for x86_64-unknown-linux-gnu)"
    );
    assert_eq!(
        error(None, json!({ "root": "mirror.example" })),
        "root: \"mirror.example\" is no URL: write a server such as \"https://static.rust-lang.org\""
    );
    assert_eq!(
        error(Some("nightly\n"), json!({})),
        "version: version:1:1: \"nightly\" is no release of Rust: a source tree's `src/version` has one such as 1.84.1"
    );
}

#[test]
fn a_compiler_is_three_pieces_and_more_standard_libraries() {
    let stage0 = parse("src/stage0", real("1.85.1")).unwrap();
    let host = "x86_64-unknown-linux-gnu";
    let targets = ["wasm32-unknown-unknown", host, "wasm32-unknown-unknown"];
    let pieces = stage0.compiler_for(host, &targets, None).unwrap();
    let names: Vec<_> = pieces
        .iter()
        .map(|piece| (piece.component, piece.target.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("rustc", host),
            ("cargo", host),
            ("rust-std", host),
            ("rust-std", "wasm32-unknown-unknown"),
        ]
    );
    let rustc = &pieces[0];
    assert_eq!(
        (rustc.version.as_str(), rustc.date.as_str()),
        ("1.84.0", "2025-01-09")
    );
    let xz = rustc.archives.xz.as_ref().unwrap();
    assert_eq!(
        xz.url,
        "https://static.rust-lang.org/dist/2025-01-09/rustc-1.84.0-x86_64-unknown-linux-gnu.tar.xz"
    );
    assert_eq!(
        xz.hash.to_string(),
        "sha256-oXN9hvgLMabUimcmcmJ13AaOy5MMljWxOqWZmUht6Dc="
    );
    assert!(rustc.archives.gz.as_ref().unwrap().url.ends_with(".tar.gz"));

    let mirror = Server::parse("https://mirror.example/").unwrap();
    let pieces = stage0.compiler_for(host, &[], Some(&mirror)).unwrap();
    assert_eq!(pieces.len(), 3);
    let gz = pieces[1].archives.gz.as_ref().unwrap();
    assert!(
        gz.url
            .starts_with("https://mirror.example/dist/2025-01-09/cargo-1.84.0-")
    );
}

#[test]
fn a_compiler_that_cannot_be_fetched_is_told() {
    let error = |name: &str, host: &str, targets: &[&str]| {
        let stage0 = parse(name, real(name)).unwrap();
        stage0
            .compiler_for(host, targets, None)
            .unwrap_err()
            .to_string()
    };
    let host = "x86_64-unknown-linux-gnu";
    assert_eq!(
        error("2018-12.txt", host, &[]),
        "2018-12.txt:1:1: this stage0 file has no checksums, so nothing that it names can be fetched: \
         give that of a tree with a src/stage0.json or a src/stage0"
    );
    assert_eq!(
        error("1.85.1", "x86_64-linux-gnu", &[]),
        "1.85.1:1:1: this stage0 file names no rustc 1.84.0 for \"x86_64-linux-gnu\"; did you mean \
         \"x86_64-unknown-linux-gnu\"? (it has one for aarch64-unknown-linux-gnu, x86_64-unknown-linux-gnu)"
    );
    assert_eq!(
        error("1.85.1", "wasm32-unknown-unknown", &[]),
        "1.85.1:1:1: this stage0 file names no rustc 1.84.0 for \"wasm32-unknown-unknown\" (it has one \
         for aarch64-unknown-linux-gnu, x86_64-unknown-linux-gnu)"
    );
    assert_eq!(
        error("1.85.1", host, &["thumbv7em-none-eabihf"]),
        "1.85.1:1:1: this stage0 file names no rust-std 1.84.0 for \"thumbv7em-none-eabihf\" (it has one \
         for aarch64-unknown-linux-gnu, wasm32-unknown-unknown, x86_64-unknown-linux-gnu)"
    );
    // The rustc of rustfmt's release is another one.
    assert_eq!(
        error("2026-07", host, &[]),
        "2026-07:1:1: this stage0 file names no rust-std beta for \"x86_64-unknown-linux-gnu\" (it has \
         none for any)"
    );
}
