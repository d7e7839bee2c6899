//! `rust.toolchain` on any toolchain file: an error tells its place, and a path is absolute.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_core::Value;
use nix_sccache_fuzz::{ask_about, attrs, text};

const MANIFEST: &str = r#"
manifest-version = "2"
date = "2025-01-30"
[pkg.rust]
version = "1.84.1 (e71f9a9a9 2025-01-27)"
[pkg.rust.target.x86_64-unknown-linux-gnu]
available = true
components = [ { pkg = "rustc", target = "x86_64-unknown-linux-gnu" } ]
[pkg.rustc]
version = "1.84.1"
[pkg.rustc.target.x86_64-unknown-linux-gnu]
available = true
url = "https://static.rust-lang.org/dist/2025-01-30/rustc-1.84.1-x86_64-unknown-linux-gnu.tar.gz"
hash = "0000000000000000000000000000000000000000000000000000000000000000"
[profiles]
minimal = ["rustc"]
default = ["rustc"]
complete = ["rustc"]
"#;

fuzz_target!(|bytes: &[u8]| {
    for name in ["rust-toolchain", "rust-toolchain.toml"] {
        let string = |text: &str| Value::String(text.into());
        let manifest = text("m.toml", bytes.len(), MANIFEST.len());
        let wanted = attrs([
            ("file", text(name, 0, bytes.len())),
            ("manifest", Value::List(vec![manifest])),
            ("host", string("x86_64-linux")),
            ("default", string("stable")),
        ]);
        match ask_about("toolchain", &wanted, &[bytes, MANIFEST.as_bytes()].concat()) {
            Ok(answer) => {
                if let Some(path) = answer["path"].as_str() {
                    assert!(path.starts_with('/'), "{path:?}");
                } else {
                    assert_eq!(answer["version"], "1.84.1", "{answer}");
                }
            }
            Err(error) => {
                // A host that cannot be completed is of the argument's, a missing one the manifest's.
                let places = [
                    &format!("rust.toolchain: {name}:"),
                    "rust.toolchain: m.toml:",
                    "rust.toolchain: host:",
                ];
                let has_place = places.iter().any(|place| error.starts_with(*place));
                assert!(has_place, "{error}");
            }
        }
    }
});
