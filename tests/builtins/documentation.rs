//! What Nix shows of a builtin: its documentation, and where it was called.

use std::fs;

use nix_sccache_tests::hosts;
use tempfile::TempDir;

/// Documentation begins with what the builtin is, and has an example.
#[test]
fn doc_shows_each_builtin() {
    for host in hosts() {
        for (name, begins) in [
            ("bootstrapConfig", "The bootstrap config of a rustc source"),
            (
                "sccacheEnv",
                "The environment that makes a derivation use a compiler cache",
            ),
            (
                "stage0",
                "What the stage0 file of a rustc source tree names",
            ),
            ("target", "The target triple of a Nix system"),
            (
                "toolchain",
                "The toolchain that a project asks for, as rustup would install it",
            ),
            ("toTOML", "The TOML text of an attribute set"),
        ] {
            // Nix wraps the text and colours it.
            let shown = host.repl(&format!(":doc builtins.rust.{name}"));
            let words: Vec<_> = shown.split_whitespace().collect();
            let shown = words.join(" ");
            assert!(shown.contains(begins), "{name}: {shown}");
            assert!(
                shown.contains(&format!("builtins.rust.{name}")),
                "{name}: {shown}"
            );
            assert!(shown.contains("Example"), "{name}: {shown}");
        }
    }
}

/// The trace of an error of ours has the place where the builtin was called.
#[test]
fn traces_point_at_the_caller() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("caller.nix");
    fs::write(
        &file,
        "let\n  answer = 42;\nin\nbuiltins.rust.toTOML { a = null; }\n",
    )
    .unwrap();
    for host in hosts() {
        let mut eval = host.nix("eval");
        eval.args(["--impure", "--show-trace", "--file"]).arg(&file);
        let output = eval.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let place = format!("{}:4:1:", file.display());
        assert!(stderr.contains(&place), "no {place} in {stderr}");
        assert!(
            stderr.contains("error: rust.toTOML: a: TOML has no null"),
            "{stderr}"
        );
    }
}
