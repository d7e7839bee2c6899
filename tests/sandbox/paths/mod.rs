//! Paths that change with a lock file or a version.

pub mod crates;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_tests::{Built, Daemon, Host, hosts, logs_in, root, stdout_of};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::crates::{LEAKING, Program};

/// The crates of a build, as rustc names them, and its C files, by what came of asking the cache.
#[derive(Debug, Default)]
struct Calls {
    hits: BTreeSet<String>,
    misses: BTreeSet<String>,
    /// The packages whose build scripts ran.
    ran: BTreeSet<String>,
    /// Those that had a real path in them.
    leaking: BTreeSet<String>,
    /// Those that were shown a path that changes, and need not have been.
    keeping: BTreeSet<String>,
}

/// A layout of vendored crates, with a cache of its own.
struct Layout {
    name: &'static str,
    host: Host,
    daemon: Daemon,
    reports: TempDir,
    settings: Value,
    attributes: Value,
}

impl Layout {
    fn new(name: &'static str) -> Self {
        let reports = tempfile::tempdir().unwrap();
        // Whichever build user it is.
        fs::set_permissions(reports.path(), Permissions::from_mode(0o1777)).unwrap();
        Self {
            name,
            // On one host: what takes time here is rustc, whoever evaluates.
            host: hosts().last().unwrap(),
            daemon: Daemon::start(),
            reports,
            settings: json!({ "transport": "server", "reports": "/reports" }),
            // These are about paths: the `-frandom-seed` that nixpkgs gives each derivation is one for all.
            attributes: json!({ "NIX_OUTPATH_USED_AS_RANDOM_SEED": "program" }),
        }
    }

    fn build(&self, program: &Program, version: &str, settings: &Value) -> Built {
        let run = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let mut command = self.host.program("nix-build");
        command
            .arg(root().join("tests/sandbox/layouts"))
            .args(["--no-out-link", "--attr", self.name])
            .args(["--argstr", "source", program.source().to_str().unwrap()])
            .args(["--argstr", "crates", program.crates().to_str().unwrap()])
            .args(["--argstr", "version", version])
            .args(["--argstr", "settings", &settings.to_string()])
            .args(["--argstr", "attributes", &self.attributes.to_string()])
            .args(["--argstr", "run", &run.to_string()])
            .args(["--option", "extra-sandbox-paths"])
            .arg(format!(
                "/run/nix-sccache={} /reports={}",
                self.daemon.folder().display(),
                self.reports.path().display()
            ));
        Built::run(&mut command)
    }

    /// Builds it by way of the cache.
    fn cached(&self, program: &Program, version: &str) -> (Built, Calls) {
        let built = self.build(program, version, &self.settings);
        built.path();
        assert_eq!(built.troubles(), 0, "{built:#?}");
        let mut calls = Calls::default();
        for log in logs_in(self.reports.path()) {
            for line in fs::read_to_string(log).unwrap().lines() {
                calls.add(&serde_json::from_str(line).unwrap());
            }
        }
        for left in fs::read_dir(self.reports.path()).unwrap() {
            fs::remove_file(left.unwrap().path()).unwrap();
        }
        (built, calls)
    }

    /// Builds it without.
    fn plain(&self, program: &Program, version: &str) -> Built {
        self.build(program, version, &Value::Null)
    }
}

/// What is linked: it has tests of its own, and here what comes of it is compared.
const LINKED: [&str; 2] = ["exported", "program"];

impl Calls {
    fn add(&mut self, call: &Value) {
        let name = call["name"].as_str().unwrap().to_owned();
        if LINKED.contains(&name.as_str()) {
            return;
        }
        if name == "build-script-build" {
            if call["outcome"] != "hit" {
                self.ran
                    .insert(call["package"].as_str().unwrap().to_owned());
            }
            return;
        }
        if call["keeps_path"] == true {
            self.keeping.insert(name.clone());
        }
        match call["outcome"].as_str().unwrap() {
            "hit" => self.hits.insert(name),
            "miss" => self.misses.insert(name),
            "passthrough" if call["reason"] == "real-path" => self.leaking.insert(name),
            _ => false,
        };
    }
}

/// What a build without the cache has, to the bit; with real paths, that is, and no others.
#[track_caller]
fn assert_same(cached: &Built, plain: &Built, path: &str) {
    assert_real(cached, path);
    assert_eq!(
        cached.contents(),
        plain.contents(),
        "{} {}",
        cached.path().display(),
        plain.path().display()
    );
}

/// Real paths, and no others.
#[track_caller]
fn assert_real(cached: &Built, path: &str) {
    let printed = stdout_of(&mut Command::new(cached.path().join("program")));
    assert!(printed.contains(path), "{path} is not in {printed}");
    assert_no_stable_path(cached);
}

/// No paths but those of the build.
#[track_caller]
fn assert_no_stable_path(cached: &Built) {
    for file in fs::read_dir(cached.path()).unwrap() {
        let file = file.unwrap().path();
        let bytes = fs::read(&file).unwrap();
        if let Some(at) = bytes.windows(5).position(|part| part == b"/tmp/") {
            let found = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 80)]);
            panic!("{}: {found:?}", file.display());
        }
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const COUNT: usize = 50;
const BUMPED: usize = 20;

/// Bumps one crate of a lock file, and builds what that changes.
fn one_crate_is_bumped(layout: &Layout, version: &str, own: &[&str], leaking: &[&str], path: &str) {
    let program = Program::new(COUNT);
    let (_, cold) = layout.cached(&program, "1.0.0");
    assert!(cold.misses.len() > COUNT, "{cold:#?}");
    if version != "1.0.0" {
        program.release(version);
    }
    program.bump(BUMPED);
    let (built, warm) = layout.cached(&program, version);
    let mut expected = program.with_dependents(BUMPED);
    assert!((3..COUNT / 2).contains(&expected.len()), "{expected:?}");
    expected.extend(set(own));
    assert_eq!(warm.misses, expected);
    assert_eq!(warm.leaking, set(leaking));
    if version == "1.0.0" {
        assert_eq!(warm.ran, set(&[]));
    }
    // Nor does cargo see in its lists of sources what it would have to compile again.
    assert_eq!(
        built.log.matches("Compiling crate-05 ").count(),
        1,
        "{built:#?}"
    );
    assert_same(&built, &layout.plain(&program, version), path);
}

#[test]
fn cranes() {
    one_crate_is_bumped(
        &Layout::new("crane"),
        "1.0.0",
        &[],
        &[],
        "-vendor-cargo-deps/",
    );
}

#[test]
fn naersks() {
    let layout = Layout::new("naersk");
    one_crate_is_bumped(&layout, "1.0.0", &[], &[], "/sources/crate-05-1.0.0");
}

/// The version changes, too, and with it the working directory of the program's own crates.
#[test]
fn build_rust_packages_with_a_hash() {
    let layout = Layout::new("cargoHash");
    let path = "/build/program-1.0.1-vendor/source-registry-0/crate-05-1.0.0";
    one_crate_is_bumped(&layout, "1.0.1", &["own"], &[LEAKING], path);
}

#[test]
fn build_rust_packages_with_a_lock_file() {
    let layout = Layout::new("cargoLock");
    one_crate_is_bumped(
        &layout,
        "1.0.0",
        &[],
        &[],
        "/build/cargo-vendor-dir/crate-05-1.0.0",
    );
}

/// A procedural macro that reads a file of its own crate, compiled in one derivation and run in the
/// next, where no call but that of the program comes.
#[test]
fn a_macro_finds_its_files_in_the_next_derivation() {
    let layout = Layout::new("crane");
    let mut program = Program::alone(FEW);
    program.leave_archive();
    program.release("1.0.1");
    let (built, _) = layout.cached(&program, "1.0.1");
    let printed = stdout_of(&mut Command::new(built.path().join("program")));
    assert!(printed.contains("its own data"), "{printed}");
    assert_same(
        &built,
        &layout.plain(&program, "1.0.1"),
        "-vendor-cargo-deps/",
    );
}

/// What somebody asks of cargo that no manifest says, and what of it leaves the build.
struct Shape {
    name: &'static str,
    /// The build, behind what others are given, too.
    build: &'static str,
    /// What is installed.
    install: &'static str,
    /// Further attributes.
    attributes: Value,
    /// Whether it is the same to the bit as without the cache.
    is_same: bool,
}

/// Whatever is asked of rustc, what leaves the build has its own paths in it.
#[test]
fn whatever_leaves_has_real_paths() {
    let own = "cargo rustc --release --offline";
    let shape = |name, build, install| Shape {
        name,
        build,
        install,
        attributes: json!({}),
        is_same: true,
    };
    let shapes = [
        shape(
            "a static library, with what to link it with",
            "-p exported --crate-type staticlib -- --print native-static-libs",
            "libexported.a",
        ),
        shape(
            "a program, with how it was linked",
            "--bin program -- --print link-args",
            "program",
        ),
        shape(
            "a program's assembly and objects",
            "--bin program -- --emit=asm,obj",
            "deps/program-*.{s,o}",
        ),
        shape(
            "a program as LLVM sees it",
            "--bin program -- --emit=llvm-ir,llvm-bc",
            "deps/program-*.{ll,bc}",
        ),
        shape(
            "a shared library of Rust's",
            "-p own --lib --crate-type dylib",
            "libown.so",
        ),
        Shape {
            // Its crates' hashes depend on the paths.
            is_same: false,
            ..shape("a library", "-p own --lib", "libown.rlib")
        },
        shape(
            "a map of what was linked",
            // Some of what is linked is in a directory of a name that nobody knows.
            "--bin program -- -C link-arg=-Wl,-Map=$PWD/map && \
             sed -i -E 's,[^ ]*/(rustc|cc)[A-Za-z0-9]{6},its/own,' map && mv map $built",
            "map",
        ),
        Shape {
            attributes: json!({ "CARGO_BUILD_RUSTFLAGS": "--remap-path-prefix=/build=/b" }),
            ..shape("paths that others stand for", "--bin program", "program")
        },
        Shape {
            attributes: json!({
                "CARGO_BUILD_RUSTFLAGS": "--remap-path-prefix=/build=/b -C debuginfo=2",
                "CARGO_PROFILE_RELEASE_OPT_LEVEL": "2",
                "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "1",
            }),
            ..shape(
                "the same of an optimised program",
                "--bin program",
                "program",
            )
        },
        Shape {
            attributes: json!({
                "postPatch": "echo 'fn main() { println!(\"cargo:rustc-cfg=long=\\\"{}\\\"\", \"x\".repeat(140000)); }' > build.rs",
            }),
            ..shape("an argument that is too long", "--bin program", "program")
        },
    ];
    let mut layout = Layout::new("cargoHash");
    let program = Program::new(FEW);
    for shape in shapes {
        println!("{}", shape.name);
        layout.attributes = shape.attributes.clone();
        layout.attributes["buildPhase"] = json!(format!(
            "export CARGO_TARGET_DIR=$PWD/target; built=$CARGO_TARGET_DIR/release; mkdir -p $built; {own} {}",
            shape.build
        ));
        layout.attributes["installPhase"] =
            json!(format!("mkdir $out; cp $built/{} $out", shape.install));
        let (cached, _) = layout.cached(&program, "1.0.0");
        assert_no_stable_path(&cached);
        // Nor is it said that somebody stands in for the linker.
        assert!(!cached.log.contains("/linkers/"), "{cached:#?}");
        if shape.is_same {
            let plain = layout.plain(&program, "1.0.0");
            assert_eq!(
                cached.contents(),
                plain.contents(),
                "{}: {} {}",
                shape.name,
                cached.path().display(),
                plain.path().display()
            );
        }
    }
}

/// Where LLVM names symbols by what is in a module, a crate is left alone, unless the path is none
/// of it, or all is wanted.
#[test]
fn optimised_crates_keep_their_bytes() {
    let mut layout = Layout::new("naersk");
    layout.attributes["CARGO_PROFILE_RELEASE_OPT_LEVEL"] = json!("2");
    let program = Program::new(FEW);
    layout.cached(&program, "1.0.0");
    program.bump(BUMPED_OF_FEW);
    let (built, warm) = layout.cached(&program, "1.0.0");
    let mut expected = program.with_dependents(BUMPED_OF_FEW);
    expected.extend(program.telling());
    let missed: BTreeSet<_> = warm.misses.union(&warm.leaking).cloned().collect();
    assert!(missed.is_subset(&expected), "{expected:?} {warm:#?}");
    assert!(warm.hits.len() > 3, "{warm:#?}");
    assert_same(
        &built,
        &layout.plain(&program, "1.0.0"),
        "/sources/crate-05-1.0.0",
    );

    let mut layout = Layout::new("cargoHash");
    layout.attributes["CARGO_PROFILE_RELEASE_OPT_LEVEL"] = json!("2");
    let program = Program::new(FEW);
    layout.cached(&program, "1.0.0");
    program.release("1.0.1");
    let (built, warm) = layout.cached(&program, "1.0.1");
    // A procedural macro is shown stable paths however it is optimised.
    let expected = set(&["build_script_build", "crate_03", "src/native.c"]);
    assert_eq!(warm.hits, expected, "{warm:#?}");
    // Those that miss for their path are told of: the vendored ones, that is.
    assert!(warm.keeping.len() > 3, "{warm:#?}");
    assert!(warm.keeping.is_subset(&warm.misses), "{warm:#?}");
    assert!(!warm.keeping.contains("own"), "{warm:#?}");
    let told = " with a path that changes with the lock file or the version: stablePaths";
    assert!(built.log.contains(told), "{built:#?}");
    assert_same(
        &built,
        &layout.plain(&program, "1.0.1"),
        "/build/program-1.0.1-vendor",
    );

    // Where all is wanted it is so when modules of several crates are optimised together, too.
    layout.settings["stablePaths"] = json!("always");
    layout.attributes["CARGO_PROFILE_RELEASE_LTO"] = json!("thin");
    layout.cached(&program, "1.0.1");
    program.release("1.0.2");
    let (built, warm) = layout.cached(&program, "1.0.2");
    assert_eq!(warm.misses, set(&["own"]), "{warm:#?}");
    assert_eq!(warm.keeping, set(&[]), "{warm:#?}");
    assert_real(&built, "/build/program-1.0.2-vendor");
    assert!(!built.log.contains(told), "{built:#?}");
}

/// The names that LLVM hashes are none of what is left, where all is linked and stripped.
#[test]
fn stripped_crates_keep_their_bytes() {
    let mut layout = Layout::new("crane");
    layout.attributes["CARGO_PROFILE_RELEASE_OPT_LEVEL"] = json!("2");
    layout.attributes["CARGO_PROFILE_RELEASE_STRIP"] = json!("symbols");
    let mut program = Program::new(FEW);
    program.leave_archive();
    program.release("1.0.1");
    layout.cached(&program, "1.0.1");
    program.bump(BUMPED_OF_FEW);
    let (built, warm) = layout.cached(&program, "1.0.1");
    assert_eq!(warm.misses, program.with_dependents(BUMPED_OF_FEW));
    assert!(warm.hits.len() > 3, "{warm:#?}");
    assert_same(
        &built,
        &layout.plain(&program, "1.0.1"),
        "-vendor-cargo-deps/",
    );
}

/// nixpkgs gives each derivation a `-frandom-seed` of its own in each call of a C compiler, which is in no object without
/// debug information. The rpath into its own output, which is in each link, is in no dependency's procedural macro.
#[test]
fn c_is_shared_by_derivations() {
    let mut layout = Layout::new("crane");
    layout.attributes = json!({
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "2",
        "CARGO_PROFILE_RELEASE_STRIP": "symbols",
    });
    let mut program = Program::new(FEW);
    program.leave_archive();
    program.release("1.0.1");
    layout.cached(&program, "1.0.1");
    program.bump(BUMPED_OF_FEW);
    let (built, warm) = layout.cached(&program, "1.0.1");
    assert_eq!(warm.misses, program.with_dependents(BUMPED_OF_FEW));
    // The scripts that call the compiler did not run at all.
    assert_eq!(warm.ran, set(&[]), "{warm:#?}");
    assert!(warm.hits.len() > 3, "{warm:#?}");
    assert_same(
        &built,
        &layout.plain(&program, "1.0.1"),
        "-vendor-cargo-deps/",
    );
}

const FEW: usize = 12;
const BUMPED_OF_FEW: usize = 7;
