//! What the predecessor's flake had, in the order in which its own text has it, and what was wrong
//! with it: of this project's flake, and of the template in the predecessor's form, which takes its
//! `sccachedRustc` from here.

use std::fs;
use std::process::{Command, Output};

use nix_sccache_tests::{Built, Host, hosts, root, stdout_of};
use serde_json::{Value, json};

const SYSTEMS: [&str; 2] = ["aarch64-linux", "x86_64-linux"];

fn about(mut command: Command, attribute: &str) -> Command {
    command
        .arg(root().join("tests/rustc/flakes.nix"))
        .args(["--attr", attribute]);
    command
}

/// What is told of both flakes without building anything.
fn told(host: &Host) -> Value {
    let mut command = about(host.program("nix-instantiate"), "told");
    let printed = stdout_of(command.args(["--eval", "--strict", "--json"]));
    serde_json::from_str(&printed).unwrap()
}

/// What evaluating an attribute that is a string ends with.
fn evaluated(host: &Host, attribute: &str) -> Output {
    let mut command = about(host.program("nix-instantiate"), attribute);
    command.arg("--eval").output().unwrap()
}

/// Builds the compiler of the predecessor's flake, whose x.py is a stand-in that notes what it finds.
fn compiler(host: &Host, run: &str, fails: &str) -> Built {
    let mut command = about(host.program("nix-build"), "compiler");
    // Another host may have built it.
    let run = format!("{run} {} {}", host.name(), std::process::id());
    Built::run(
        command
            .arg("--no-out-link")
            .args(["--argstr", "run", &run, "--argstr", "fails", fails]),
    )
}

/// `inputs`, and one more: `sccachedRustc` is taken from here.
#[test]
fn the_inputs_are_the_predecessors() {
    for host in hosts() {
        assert_eq!(
            told(&host)["inputs"],
            json!({
                "nixpkgs": "github:meta-introspector/nixpkgs?ref=feature/CRQ-016-nixify",
                "rust-overlay": "github:meta-introspector/rust-overlay?ref=feature/CRQ-016-nixify",
                "rustSrcFlake": "github:meta-introspector/rust?ref=e6c1b92d0abaa3f64032d6662cbcde980c826ff2",
                "nix-sccache": "nix-sccache",
            })
        );
    }
}

/// `devShells.SYSTEM.default`, and in this project's own the shim besides.
#[test]
fn the_shell_is_the_predecessors() {
    for host in hosts() {
        let told = told(&host);
        for flake in ["own", "predecessor"] {
            let shells = told["outputs"][flake]["devShells"].as_object().unwrap();
            assert!(shells.keys().eq(SYSTEMS), "{shells:#?}");
        }
        for (system, target) in [
            ("aarch64-linux", "aarch64-unknown-linux-gnu"),
            ("x86_64-linux", "x86_64-unknown-linux-gnu"),
        ] {
            let expected = json!({
                // In nixpkgs' order: the native inputs, and then the packages.
                "nativeBuildInputs": [
                    "binutils-wrapper",
                    "cmake",
                    "ninja",
                    "pkg-config",
                    format!("nix-{}", host.version()),
                    // The nightly, with the system's own target.
                    "rust-1.84.0-nightly-2024-11-20",
                    "python3",
                    "pip",
                    "git",
                    "curl",
                    "which",
                ],
                "targets": [target],
                "buildInputs": ["openssl", "glibc", "glibc-static"],
                "RUSTC_ICE": "0",
                // The C++ runtime.
                "LD_LIBRARY_PATH": "libgcc/lib",
                "shellHook": "export HOME=$TMPDIR\nexport CARGO_HOME=$HOME/.cargo\nmkdir -p \"$CARGO_HOME\"\n",
            });
            let mut own = told["outputs"]["own"]["devShells"][system].clone();
            let inputs = own["nativeBuildInputs"].as_array_mut().unwrap();
            let added = inputs.split_off(inputs.len() - 2);
            let names = ["nix-sccache-shim-", "nix-sccache-"];
            for (added, name) in added.iter().zip(names) {
                assert!(added.as_str().unwrap().starts_with(name), "{added}");
            }
            assert_eq!(own, expected);
            assert_eq!(
                told["outputs"]["predecessor"]["devShells"][system],
                expected
            );
        }
    }
}

/// What `sccachedRustc` makes of the source's package: each thing where the predecessor had it, and
/// what it had in the wrong place in the right one.
#[test]
fn the_compiler_is_built_as_the_predecessors() {
    for host in hosts() {
        // `sccachedRustc system pkgs rustToolchain`.
        let told = told(&host);
        assert_eq!(
            told["function"],
            json!({
                "name": "rustc-1.84.1",
                "system": "x86_64-linux",
                "triple": "x86_64-unknown-linux-gnu",
                "toolchain": "1.84.0-nightly-2024-11-20",
            })
        );

        let built = compiler(&host, "works", "");
        let read = |name| fs::read_to_string(built.path().join(name)).unwrap();
        let seen: Value = serde_json::from_str(&read("seen.json")).unwrap();
        let environment = |name: &str| seen["environment"][name].as_str().unwrap_or_default();

        // sccache and curl are among the native inputs and on PATH, and the former is the shim.
        for name in ["sccache", "curl"] {
            let program = seen["programs"][name].as_str().unwrap_or_default();
            let package = program.strip_suffix(&format!("/bin/{name}"));
            assert!(
                package.is_some_and(|package| environment("nativeBuildInputs").contains(package)),
                "{seen:#}"
            );
        }

        // The source's own configure script is skipped: it fails. The package's own hooks run, and
        // what is there besides runs after them and in the same order.
        assert_eq!(
            read("hooks"),
            "ran preConfigure\nran postConfigure\nran preBuild\nran postBuild\n"
        );

        // preConfigure: the wrapper.
        assert_eq!(environment("RUSTC_WRAPPER"), seen["programs"]["sccache"]);
        // The cache's directory, in the session's; sccache makes it when it has something to store.
        let cache = format!("{}/cache", environment("NIX_SCCACHE_SESSION"));
        assert_eq!(environment("SCCACHE_DIR"), cache);
        // No sccache from 0.16 to 0.19 reads SCCACHE_TEMPDIR: nothing is set, and no directory made.
        assert_eq!(seen["environment"].get("SCCACHE_TEMPDIR"), None);
        // A server of this build's own, at its own socket, whatever others there are.
        assert_ne!(environment("SCCACHE_SERVER_UDS"), "");
        assert!(
            built.log.contains("servers in the build: 1\n"),
            "{built:#?}"
        );
        // curl on PATH, as above, and in CURL.
        assert_eq!(environment("CURL"), seen["programs"]["curl"]);

        // buildPhase: the config, where x.py looks for it, and in the log.
        let directory = seen["directory"].as_str().unwrap();
        assert_eq!(
            environment("RUST_BOOTSTRAP_CONFIG"),
            format!("{directory}/config.toml")
        );
        for line in read("config.toml").lines() {
            assert!(built.log.contains(line), "{line}: {built:#?}");
        }
        let mut config: toml::Table = read("config.toml").parse().unwrap();
        let mut expected: toml::Table = told["config"].as_str().unwrap().parse().unwrap();
        // The output's path is of this run.
        assert_ne!(config.remove("install"), expected.remove("install"));
        assert_eq!(config, expected);
        let build = config["build"].as_table().unwrap();
        assert_eq!(build["vendor"].as_bool(), Some(true));
        for name in ["rustc", "cargo"] {
            let program = build[name].as_str().unwrap();
            assert!(
                program.ends_with(&format!("-rust-1.84.0-nightly-2024-11-20/bin/{name}")),
                "{program}"
            );
        }
        // The stamp of stage0, with the date of the source's stage0 file.
        assert_eq!(read(".rustc-stamp"), "2024-11-28");
        // HOME and CARGO_HOME, which is there; the same in every build.
        assert_eq!(environment("HOME"), "/build");
        assert_eq!(environment("CARGO_HOME"), "/build/.cargo");
        let directories = seen["directories"].as_array().unwrap();
        assert!(directories.contains(&"CARGO_HOME".into()), "{seen:#}");
        // x.py build.
        assert_eq!(seen["arguments"][0], "build");
        assert_eq!(seen["arguments"][1], "-j");

        // The statistics are those of this build alone, are shown after it, and the server stops.
        assert_eq!(built.hits_and_misses(), (0, 1), "{built:#?}");
        assert_eq!(built.troubles(), 0, "{built:#?}");
        assert!(built.log.contains("servers in the end: 0\n"), "{built:#?}");
    }
}

/// The same of a build that fails.
#[test]
fn a_failed_build_reports_and_leaves_no_server() {
    for host in hosts() {
        let built = compiler(&host, "fails", "1");
        assert_eq!(built.output, None, "{built:#?}");
        for text in [
            "servers in the build: 1\n",
            "x.py fails",
            "servers in the end: 0\n",
        ] {
            assert!(built.log.contains(text), "{text}: {built:#?}");
        }
        assert_eq!(built.hits_and_misses(), (0, 1), "{built:#?}");
    }
}

/// `packages.SYSTEM.default`: the function applied to each system, by one definition here.
#[test]
fn the_packages_are_the_predecessors() {
    for host in hosts() {
        let told = told(&host);
        for (flake, toolchain) in [
            // What the source's stage0 file names, with nobody saying so.
            ("own", "1.83.0"),
            ("predecessor", "1.84.0-nightly-2024-11-20"),
        ] {
            let of = |system: &str, triple: &str| {
                json!({
                    "name": "rustc-1.84.1",
                    "system": system,
                    "triple": triple,
                    "toolchain": toolchain,
                })
            };
            let expected = json!({
                "aarch64-linux": of("aarch64-linux", "aarch64-unknown-linux-gnu"),
                "x86_64-linux": of("x86_64-linux", "x86_64-unknown-linux-gnu"),
            });
            assert_eq!(told["outputs"][flake]["packages"], expected);
        }
    }
}

/// What the scripts around the flake did, functions do.
#[test]
fn the_scripts_have_their_like() {
    for host in hosts() {
        let told = told(&host);

        // get-paths.nix and get_nix_paths.sh: `paths`.
        assert_eq!(
            told["paths"],
            json!({
                "sccache": "sccache-0.19.0",
                "curl": "curl",
                "rustc": "rust-1.84.0-nightly-2024-11-20",
                "cargo": "rust-1.84.0-nightly-2024-11-20",
            })
        );

        // diagnose.sh: `nix-sccache doctor` says what the environment is and where each tool is
        // (tests/shim/doctor.rs), a build's log has the config, as above, and `command` takes
        // `build --verbose` (nix/checks/sccachedRustc.nix, as it does any words).

        // debug_build.sh: a config of any rustc and cargo, for a build by hand in the shell.
        let config: toml::Table = told["configByHand"].as_str().unwrap().parse().unwrap();
        assert_eq!(config["build"]["rustc"].as_str(), Some("/usr/bin/rustc"));
        assert_eq!(config["build"]["cargo"].as_str(), Some("/usr/bin/cargo"));

        // test.sh: the date in src/stage0.
        assert_eq!(told["date"], "2024-11-28");
    }
}

/// The predecessor's faults that a config and an environment show.
#[test]
fn the_faults_are_mended() {
    for host in hosts() {
        let told = told(&host);

        // The cache outlives the build, unless it is asked not to.
        assert_eq!(told["transport"], "server");

        // At the config's top there were keys that bootstrap does not know there, and two that it
        // knows nowhere.
        let config: toml::Table = told["config"].as_str().unwrap().parse().unwrap();
        let top: Vec<_> = config
            .iter()
            .filter(|(_, value)| !value.is_table())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(top, ["profile"]);

        // The hooks that never ran are in `hooks`, above; the package's own postBuild has no line
        // break at its end.

        // The date follows the source.
        let later = &told["later"];
        assert_eq!(later["date"], "2025-08-07");

        // Bootstrap calls the cache itself, too, for C and at stage 0.
        let text = later["config"].as_str().unwrap();
        let of_later: toml::Table = text.parse().unwrap();
        let ccache = of_later["build"]["ccache"].as_str().unwrap_or_default();
        assert!(ccache.ends_with("sccache"), "{text}");
        let wrapper = later["wrapper"].as_str().unwrap_or_default();
        assert!(wrapper.ends_with("/bin/sccache"), "{later:#}");

        // What has sccache refuse every call, and what has bootstrap look for a network.
        for (section, key) in [("rust", "incremental"), ("llvm", "download-ci-llvm")] {
            assert_eq!(config[section][key].as_bool(), Some(false));
        }
    }
}

/// The predecessor gave a nightly of 1.92 to a source of 1.84. With it, its flake evaluates no more.
#[test]
fn a_compiler_that_bootstrap_refuses_is_an_error() {
    for host in hosts() {
        for system in SYSTEMS {
            let output = evaluated(&host, &format!("refused.{system}"));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success());
            for text in [
                "the toolchain is Rust 1.92.0-nightly-2025-10-16, and the source is Rust 1.84.1, which is built by Rust 1.83 or 1.84",
                "Rust 1.83.0, which the source's stage0 file names",
            ] {
                assert!(said.contains(text), "{said}");
            }
        }
    }
}

/// One that does not say of which release it is might be refused as well.
#[test]
fn a_compiler_of_an_unknown_release_is_a_warning() {
    let doubt = |called: &str| {
        format!(
            "trace: nix-sccache: warning: sccachedRustc: of which release the toolchain {called} is, it does not say, and the source is Rust 1.84.1, which is built by Rust 1.83 or 1.84. "
        )
    };
    for host in hosts() {
        for (attribute, expected) in [
            ("release", None),
            ("path", Some(doubt("/rust"))),
            ("dated", Some(doubt("rust-nightly-2024-11-20"))),
            ("silent", Some(doubt("rust"))),
        ] {
            let output = evaluated(&host, &format!("toolchains.{attribute}"));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{attribute}: {said}");
            match expected {
                Some(text) => assert!(said.contains(&text), "{attribute}: {said}"),
                None => assert!(!said.contains("warning"), "{attribute}: {said}"),
            }
        }
    }
}
