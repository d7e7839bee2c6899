//! Rust's own archives and manifest, as they were installed here, put back into a server's
//! directory: what rustup installs from there, and what we say of it.

use std::env;
use std::fs;
use std::path::PathBuf;

use nix_sccache_tests::{Rustup, hosts, variable};
use serde_json::Value;

use crate::files::components;

/// Toolchain files that the directory has the archives for, or that nobody has.
const FILES: &[(&str, bool)] = &[
    (
        "[toolchain]\nchannel = \"CHANNEL\"\nprofile = \"minimal\"\n",
        true,
    ),
    (
        "[toolchain]\nchannel = \"VERSION\"\nprofile = \"minimal\"\ncomponents = [\"clippy\", \"rustfmt-preview\"]\n",
        true,
    ),
    (
        "[toolchain]\nchannel = \"VERSION\"\nprofile = \"minimal\"\ncomponents = [\"clipy\"]\n",
        false,
    ),
    (
        "[toolchain]\nchannel = \"VERSION\"\nprofile = \"minimal\"\ntargets = [\"x86_64-unknown-none-gnu\"]\n",
        false,
    ),
    (
        "[toolchain]\nchannel = \"VERSION\"\nprofile = \"minimal\"\ntargets = [\"mipsel-sony-psx\"]\n",
        false,
    ),
];

#[test]
fn rustup_installs_what_we_say() {
    let server = PathBuf::from(variable("NIX_SCCACHE_TEST_DIST"));
    let channel = ["stable", "beta", "nightly"]
        .into_iter()
        .find(|name| {
            server
                .join(format!("dist/channel-rust-{name}.toml"))
                .exists()
        })
        .unwrap();
    let manifest = server.join(format!("dist/channel-rust-{channel}.toml"));
    let text = fs::read_to_string(&manifest).unwrap();
    let date = text
        .lines()
        .find_map(|line| line.strip_prefix("date = "))
        .unwrap();
    // A version that is a channel's name alone, as a nightly's is none.
    let pinned = format!("{channel}-{}", date.trim_matches('"'));
    let host = format!("\"{}-{}\"", env::consts::ARCH, env::consts::OS);
    for (file, is_there) in FILES {
        let file = file.replace("CHANNEL", channel).replace("VERSION", &pinned);
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("rust-toolchain.toml"), &file).unwrap();
        let rustup =
            Rustup::new(&format!("file://{}", server.display())).install_in(directory.path());
        assert_eq!(rustup.is_ok(), *is_there, "{file}{rustup:?}");
        let call = format!(
            "builtins.rust.toolchain {{ file = {}; manifest = {}; host = {host}; root = \"file://{}\"; }}",
            directory.path().display(),
            manifest.display(),
            server.display()
        );
        for nix in hosts() {
            let ours = nix.eval(&call, ["--impure"]);
            assert_eq!(ours.is_ok(), *is_there, "{}: {file}{ours:?}", nix.name());
            if let (Ok(ours), Ok((_, theirs))) = (ours, &rustup) {
                assert_eq!(components(&ours), *theirs, "{}: {file}", nix.name());
                for component in ours["components"].as_array().unwrap() {
                    is_the_file(component);
                }
            }
        }
    }
}

/// The preferred archive is there, where its URL says, and has the hash that Nix wants.
fn is_the_file(component: &Value) {
    use sha2::{Digest, Sha256};
    let url = component["url"].as_str().unwrap();
    let bytes = fs::read(url.strip_prefix("file://").unwrap()).unwrap();
    let digest = data_encoding::BASE64.encode(&Sha256::digest(bytes));
    assert_eq!(component["hash"], format!("sha256-{digest}"), "{url}");
}
