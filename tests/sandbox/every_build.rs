//! Every build of a machine: the shim's directory is mounted into sandboxes whose derivations know nothing of it.

use std::path::PathBuf;

use nix_sccache_tests::{Built, Daemon, Derivation, Host, Shim, hosts, root, stdout_of};
use serde_json::{Value, json};

use crate::project;

/// The directory.
pub fn mounted(host: &Host, exclude: &Value) -> PathBuf {
    let mut command = host.program("nix-build");
    command
        .arg(root().join("tests/sandbox/everyBuild.nix"))
        .args(["--no-out-link", "--argstr", "exclude", &exclude.to_string()]);
    stdout_of(&mut command).trim().into()
}

/// Says how many calls were hits, and how many misses. The session's log is where no other build, and no later one, sees it.
pub const COUNT: &str = "
    calls=/tmp/nix-sccache/calls.jsonl
    if [[ -e $calls ]]; then
        echo \"nix-sccache: hits $(grep -c '\"hit\"' $calls) of $(grep -cE '\"(hit|miss)\"' $calls), misses $(grep -c '\"miss\"' $calls)\"
    fi
";

/// The small project, that says so.
pub fn plain() -> Derivation {
    Derivation::new(json!(null)).with(json!({ "postBuild": COUNT, "pname": "hello" }))
}

fn through(daemon: &Daemon, mounted: &std::path::Path) -> Derivation {
    plain()
        .mount(&daemon.folder(), "/run/nix-sccache")
        .mount(mounted, "/.cargo")
}

/// What the builder says, but for the count and the time.
fn log(built: &Built) -> Vec<&str> {
    let lines = built.log.lines();
    let of_builder = lines.skip_while(|line| !line.contains("unpackPhase"));
    of_builder
        .filter(|line| !line.contains("nix-sccache: hits") && !line.contains("Finished"))
        .filter(|line| !line.contains("checking outputs"))
        .collect()
}

/// The same derivation, built without, cold and warm: Nix itself compares the outputs.
#[test]
fn an_untouched_derivation_is_cached() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let everywhere = through(&daemon, &mounted(&host, &json!([])));
        let run = format!("{:?}", std::time::SystemTime::now());
        let without = plain().build_run(&host, &library, &run);
        without.path();
        for hits in [0, 1] {
            let with = everywhere.check_run(&host, &library, &run);
            assert_eq!(with.path(), without.path());
            let counted = with.hits_and_misses();
            assert!(counted.0 + counted.1 > 1, "{with:#?}");
            assert_eq!(counted.0 * counted.1, 0, "{with:#?}");
            assert_eq!(counted.0 > 0, hits > 0, "{with:#?}");
            assert_eq!(log(&with), log(&without));
        }
    }
}

/// What hits where a derivation asks for the cache hits where it does not: libraries, a build script and its run.
#[test]
fn as_many_calls_hit_as_with_settings() {
    for host in hosts() {
        let library = project();
        // As those of libc and anyhow do, it asks the compiler behind the wrapper that cargo names.
        let script = r#"fn main() {
            let variable = |name: &str| std::env::var(name).unwrap();
            let mut rustc = std::process::Command::new(variable("RUSTC_WRAPPER"));
            let asked = rustc.args([&variable("RUSTC"), "--version"]).output().unwrap();
            println!("cargo:rustc-env=BUILT={}", asked.status.success());
        }"#;
        library.write("base/build.rs", script);
        let counts = |of: &dyn Fn(&Daemon) -> Derivation| {
            let daemon = Daemon::start();
            [(); 2].map(|()| of(&daemon).build(&host, &library).hits_and_misses())
        };
        let asked = counts(&|daemon| {
            Derivation::new(json!({ "transport": "server" }))
                .mount(&daemon.folder(), "/run/nix-sccache")
        });
        let untouched = counts(&|daemon| through(daemon, &mounted(&host, &json!([]))));
        assert_eq!(untouched, asked);
        // Two libraries, and the script's two.
        assert_eq!(asked, [(0, 4), (4, 0)]);
    }
}

/// A package that is left alone, and one that has the cache by itself.
#[test]
fn what_says_otherwise_counts() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let excluded = mounted(&host, &json!(["other", "hello"]));
        let built = through(&daemon, &excluded).build(&host, &library);
        assert!(!built.log.contains("nix-sccache: hits"), "{built:#?}");
        built.path();

        let mounted = mounted(&host, &json!([]));
        let own = Derivation::new(json!({ "transport": "server" }))
            .mount(&daemon.folder(), "/run/nix-sccache")
            .mount(&mounted, "/.cargo");
        for expected in [(0, 2), (2, 0)] {
            own.build(&host, &library).assert_counts(expected);
        }
    }
}

/// In a build that says nothing of the cache the doctor goes by what is mounted.
#[test]
fn the_doctor_looks_at_what_is_mounted() {
    for host in hosts() {
        let (daemon, library, shim) = (Daemon::start(), project(), Shim::new());
        let look = "/package/bin/nix-sccache doctor --json >doctor.json || true; echo doctor: $(cat doctor.json)";
        let built = Derivation::new(json!(null))
            .with(json!({ "preBuild": look }))
            .mount(&daemon.folder(), "/run/nix-sccache")
            .mount(&mounted(&host, &json!(["firefox"])), "/.cargo")
            .mount(shim.path(), "/package")
            .build(&host, &library);
        let said = built
            .log
            .lines()
            .find_map(|line| line.split_once("doctor: "));
        let said: Value =
            serde_json::from_str(said.unwrap_or_else(|| panic!("{built:#?}")).1).unwrap();
        assert_eq!(said["served"], true, "{said:#}");
        assert_eq!(said["every_build"]["exclude"], json!(["firefox"]));
        assert_eq!(said["transport"], "server");
    }
}

/// A machine whose daemon is away builds as ever.
#[test]
fn without_a_daemon_nothing_changes() {
    for host in hosts() {
        let library = project();
        let built = plain()
            .mount(&mounted(&host, &json!([])), "/.cargo")
            .build(&host, &library);
        let without = plain().build(&host, &library);
        assert_eq!(built.contents(), without.contents());
        assert_eq!(log(&built), log(&without));
    }
}
