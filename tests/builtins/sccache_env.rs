//! `builtins.rust.sccacheEnv` beside what the functions for flake authors have without it.

use nix_sccache_tests::{hosts, root};

/// Who gives no settings needs no plugin, and has the same derivation with it.
#[test]
fn the_default_environment_is_what_it_answers() {
    let file = root().join("nix/lib/defaultEnvironment.nix");
    for host in hosts() {
        let environment = |function: &str| {
            let call = format!(r#"{function} {{ shim = "/shim"; sccache = "/sccache"; }}"#);
            host.eval(&call, ["--impure"])
        };
        let answered = environment("builtins.rust.sccacheEnv");
        let constant = environment(&format!("import {}", file.display()));
        assert!(constant.is_ok(), "{constant:?}");
        assert_eq!(answered, constant, "{}", host.name());
    }
}
