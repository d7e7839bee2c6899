//! A directory given as the toolchain file: which of its files is read.

use std::fs;

use nix_sccache_tests::{DistServer, hosts};

#[test]
fn the_name_without_an_ending_wins() {
    let server = DistServer::new();
    let directory = tempfile::tempdir().unwrap();
    let call = |builtin: &str| {
        let manifests: Vec<_> = server
            .manifests()
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        format!(
            "let found = builtins.rust.toolchain {{ file = {}; host = \"x86_64-linux\"; manifest = [ {} ]; }}; in {builtin}",
            directory.path().display(),
            manifests.join(" ")
        )
    };
    for host in hosts() {
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            drop(fs::remove_file(directory.path().join(name)));
        }
        let error = host.eval(&call("found"), ["--impure"]).unwrap_err();
        // Before 2.14 Nix has nothing to ask whether a path is a directory.
        let (ours, its_own) = (
            "has neither rust-toolchain nor rust-toolchain.toml",
            "Is a directory",
        );
        assert!(
            error.contains(if host.is_from(2, 14) { ours } else { its_own }),
            "{error}"
        );

        fs::write(
            directory.path().join("rust-toolchain.toml"),
            "[toolchain]\nchannel = \"beta\"\n",
        )
        .unwrap();
        let found = host
            .eval(&call("[ found.channel found.warnings ]"), ["--impure"])
            .unwrap();
        assert_eq!(found, serde_json::json!(["beta", []]));

        fs::write(directory.path().join("rust-toolchain"), "1.84\n").unwrap();
        let found = host
            .eval(&call("[ found.channel found.warnings ]"), ["--impure"])
            .unwrap();
        let warning = format!(
            "{}/rust-toolchain and rust-toolchain.toml are both there, and the former is taken, as by rustup",
            directory.path().display()
        );
        assert_eq!(found, serde_json::json!(["1.84", [warning]]));
    }
}
