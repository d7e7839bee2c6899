//! The builtins in every program of Nix's and under every rule of evaluation.

use std::process::Command;

use nix_sccache_tests::{hosts, root, stdout_of};
use serde_json::json;

const TARGET: &str = r#"builtins.rust.target "x86_64-linux""#;
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

#[test]
fn nix_eval_pure_and_restricted() {
    for host in hosts() {
        for options in [
            &[][..],
            &["--pure-eval"],
            &["--impure"],
            &["--option", "restrict-eval", "true"],
        ] {
            assert_eq!(host.eval(TARGET, options), Ok(json!(TRIPLE)), "{options:?}");
        }
    }
}

#[test]
fn nix_instantiate_and_nix_repl() {
    for host in hosts() {
        let printed = stdout_of(
            host.program("nix-instantiate")
                .args(["--eval", "--expr", TARGET]),
        );
        assert_eq!(printed.trim(), format!("{TRIPLE:?}"));

        let printed = host.repl(TARGET);
        assert!(printed.contains(TRIPLE), "{printed}");
    }
}

#[test]
fn nix_build() {
    const DERIVATION: &str = r#"
        derivation {
          name = "target";
          system = builtins.currentSystem;
          builder = "/bin/sh";
          args = [ "-c" "echo ${builtins.rust.target builtins.currentSystem} > $out" ];
        }"#;
    for host in hosts() {
        let mut build = host.nix("build");
        build.args(["--no-link", "--json", "--impure", "--expr", DERIVATION]);
        let built: serde_json::Value = serde_json::from_str(&stdout_of(&mut build)).unwrap();
        let output = built[0]["outputs"]["out"].as_str().unwrap();
        let current = "builtins.rust.target builtins.currentSystem";
        let triple = host.eval(current, ["--impure"]).unwrap();
        let written = std::fs::read_to_string(output).unwrap();
        assert_eq!(written.trim(), triple);
    }
}

/// Nix's strings are bytes; TOML's are not, and neither are those of an environment.
#[test]
fn strings_that_are_not_utf_8() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bytes");
    std::fs::write(&file, b"caf\xe9").unwrap();
    let bytes = format!("builtins.readFile {}", file.display());
    for host in hosts() {
        for (call, message) in [
            (
                format!("toTOML {{ a = [ 1 ({bytes}) ]; }}"),
                "rust.toTOML: a[1]: this string is not UTF-8: \"caf\u{fffd}\"",
            ),
            (
                format!("toTOML {{ a.${{{bytes}}} = 1; }}"),
                "rust.toTOML: a: the name of the attribute \"caf\u{fffd}\" is not UTF-8",
            ),
            (
                format!("sccacheEnv {{ shim = \"/s\"; log = {bytes}; }}"),
                "rust.sccacheEnv: log: this string is not UTF-8: \"caf\u{fffd}\"",
            ),
        ] {
            let failed = host
                .eval(&format!("builtins.rust.{call}"), ["--impure"])
                .unwrap_err();
            // Later Nixes make no JSON of such strings, and say so themselves.
            let refused = host.is_from(2, 26) && failed.contains("UTF-8");
            assert!(failed.contains(message) || refused, "{call}: {failed}");
        }
    }
}

/// What `rust.sccacheEnv` gives to a derivation makes it depend on the shim.
#[test]
fn string_context_goes_through() {
    const LET: &str = r#"
        let
          shim = derivation { name = "shim"; system = "x86_64-linux"; builder = "/bin/sh"; };
          env = builtins.rust.sccacheEnv { inherit shim; };
          uses = derivation ({ name = "uses"; system = "x86_64-linux"; builder = "/bin/sh"; } // env);
        in"#;
    let contexts = r#"
        {
          env = builtins.getContext env.RUSTC_WRAPPER == builtins.getContext "${shim}";
          wrapper = env.RUSTC_WRAPPER == "${shim}/bin/sccache";
          toml = builtins.getContext (builtins.rust.toTOML { a = [ "${shim}" ]; }) == builtins.getContext "${shim}";
          derivation = builtins.rust.toTOML { p = shim; } == "p = \"${shim}\"\n";
          none = builtins.hasContext (builtins.rust.target "x86_64-linux");
        }"#;
    for host in hosts() {
        let all = json!({ "env": true, "wrapper": true, "toml": true, "derivation": true, "none": false });
        assert_eq!(host.value(&format!("{LET} {contexts}")), all);
        // The derivation's own list of inputs is the proof.
        let mut instantiate = host.program("nix-instantiate");
        let derivation = stdout_of(instantiate.args(["--expr", &format!("{LET} uses")]));
        let mut query = host.program("nix-store");
        let inputs = stdout_of(query.args(["--query", "--references", derivation.trim()]));
        assert!(inputs.contains("-shim.drv"), "{inputs}");
    }
}

#[test]
fn platforms_are_read_lazily() {
    for host in hosts() {
        let expression =
            r#"builtins.rust.target { system = "aarch64-linux"; emulator = throw "not this"; }"#;
        assert_eq!(host.value(expression), "aarch64-unknown-linux-gnu");
    }
}

#[test]
fn version_names_the_host() {
    for host in hosts() {
        let version = host.value("builtins.rust.version");
        assert_eq!(version["plugin"], env!("CARGO_PKG_VERSION"));
        // Not `builtins.nixVersion`: in Lix that is of a Nix of old.
        assert_eq!(version["nix"], host.version());
        let interface = if host.has_c_api() { "c" } else { "c++" };
        assert_eq!(version["host"], interface);
    }
}

/// The plugin adds one name, and takes none away.
#[test]
fn one_builtin_is_added() {
    const NAMES: &str = "builtins.attrNames builtins";
    for host in hosts() {
        let names = |mut nix: Command| -> Vec<String> {
            let names = stdout_of(nix.args(["--eval", "--json", "--strict", "--expr", NAMES]));
            serde_json::from_str(&names).unwrap()
        };
        let mut with_plugin = names(host.program("nix-instantiate"));
        with_plugin.retain(|name| name != "rust");
        assert_eq!(with_plugin, names(host.plain("nix-instantiate")));
        assert_eq!(
            host.value("builtins.attrNames builtins.rust"),
            json!([
                "bootstrapConfig",
                "sccacheEnv",
                "stage0",
                "target",
                "toTOML",
                "toolchain",
                "version"
            ])
        );
    }
}

/// Every attribute that can be given is documented where people look it up.
#[test]
fn every_attribute_is_documented() {
    let prelude = std::fs::read_to_string(root().join("plugin/src/prelude/default.nix")).unwrap();
    let host = hosts().next().unwrap();
    let transports =
        known(&host.error(r#"builtins.rust.sccacheEnv { shim = "/s"; transport = "?"; }"#));
    assert!(transports.len() > 10, "{transports:?}");
    let mut names = known(&host.error("builtins.rust.sccacheEnv { \"?\" = 1; }"));
    for transport in &transports {
        names.push(transport.clone());
        let error = host.error(&format!(
            r#"builtins.rust.sccacheEnv {{ shim = "/s"; transport.{transport}."?" = 1; }}"#
        ));
        names.extend(known(&error));
    }
    names.extend(known(&host.error("builtins.rust.stage0 { \"?\" = 1; }")));
    for builtin in ["bootstrapConfig", "stage0", "toolchain"] {
        let error = host.error(&format!(r#"builtins.rust.{builtin} {{ "?" = 1; }}"#));
        names.extend(known(&error));
    }
    // Secrets are known so that giving one is answered.
    let secrets = [
        "password",
        "token",
        "connectionString",
        "accessKeyId",
        "secretAccessKey",
        "sessionToken",
        "accessKeySecret",
        "secretId",
        "secretKey",
    ];
    for name in names
        .iter()
        .filter(|name| !secrets.contains(&name.as_str()))
    {
        assert!(
            prelude.contains(&format!("`{name}`")),
            "{name} is not in the prelude's documentation"
        );
    }
}

/// The names that an error about another one tells.
pub(super) fn known(error: &str) -> Vec<String> {
    let list = error
        .split_once("known here: ")
        .unwrap_or_else(|| panic!("{error}"))
        .1;
    list.trim_end_matches(')')
        .split(", ")
        .map(str::to_owned)
        .collect()
}

/// A panic in Rust is an error of Nix's, which tells whose fault it is.
#[test]
fn a_panic_is_an_error() {
    for host in hosts() {
        let mut build = Command::new(root().join("scripts/plugin"));
        // In a directory of its own, and quickly: nothing but the panic is looked at.
        build.envs([
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
            ("CARGO_PROFILE_RELEASE_LTO", "off"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        ]);
        let plugin = stdout_of(build.arg(host.path()).arg("panicking-builtin"));
        let host = host.with_plugin(plugin.trim().into());
        let error = host.error("builtins.rust.version");
        let expected = "rust.version: a fault in nix-sccache, please report it: as the test wants (plugin/src/dispatch.rs:";
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(
            host.value("(builtins.tryEval builtins.rust.version).success"),
            false
        );
        // The evaluator lives on, and so do the other builtins.
        let after = format!("[ (builtins.tryEval builtins.rust.version).success ({TARGET}) ]");
        assert_eq!(host.value(&after), json!([false, TRIPLE]));
    }
}
