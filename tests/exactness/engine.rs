//! What becomes of entries, of the storage and of sessions, and cargo's builds as wholes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::log::Outcome;
use nix_sccache_tests::{Daemon, Gateway, Redis, sccache, variable};

use crate::case::{Case, Expected, case};
use crate::project::Project;
use crate::session::{Ran, World};

/// A library of Rust and an object of C.
fn both() -> Project {
    let mut project = Project::new("lib a; cc -c a.c -o target/a.o");
    project.file(
        "src/a.rs",
        "mod b; pub fn f() -> u8 { b::f() } fn unused() {}\n",
    );
    project.file("src/b.rs", "pub fn f() -> u8 { 1 }\n");
    project.file(
        "a.c",
        "#include \"a.h\"\nint f(void) { int unused; return A; }\n",
    );
    project.file("a.h", "#define A 1\n");
    project
}

/// How many of its calls were answered from the cache.
fn hits(ran: &Ran) -> usize {
    ran.log
        .calls
        .iter()
        .filter(|call| call.outcome == Outcome::Hit)
        .count()
}

#[track_caller]
fn assert_same(what: &str, ran: &Ran, plain: &Ran) {
    let differences = ran.differences(plain);
    assert!(differences.is_empty(), "{what}: {differences}{:?}", ran.log);
}

/// Stored by one, and restored by the other.
#[test]
fn permissions_are_those_of_who_restores() {
    for (stores, restores) in [
        ("077", "022"),
        ("022", "077"),
        ("022", "000"),
        ("027", "022"),
    ] {
        case(&format!("umask {stores}; lib a; cc -c a.c -o target/a.o"))
            .file("src/a.rs", "pub fn f() -> u8 { 1 }\n")
            .file("a.c", "int f(void) { return 1; }\n")
            .hits_when(|project| project.script(stores, restores))
            .check();
    }
}

/// What is restored is the build's own: who writes into it changes no entry.
#[test]
fn outputs_are_copies() {
    let (world, project) = (World::new(), both());
    let plain = world.plain(&project);
    let mut damaging = project.clone();
    damaging.script += "; for file in target/*; do echo damaged >>$file; done";
    for _ in 0..3 {
        world.cached(&damaging);
    }
    let ran = world.cached(&project);
    assert_same("after outputs were written to", &ran, &plain);
    assert_eq!(hits(&ran), 2, "{:?}", ran.log);
}

/// Makes of an entry a damaged one, in the part of this number.
type Damage = fn(&[u8], usize) -> Vec<u8>;

/// Each of the daemon's entries, a few of its bits at a time.
#[test]
fn entries_that_are_damaged() {
    let (world, project) = (World::new(), both());
    let plain = world.plain(&project);
    assert_same("first", &world.cached(&project), &plain);
    let whole: BTreeMap<PathBuf, Vec<u8>> = world
        .daemon
        .entries()
        .into_iter()
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    assert!(!whole.is_empty());
    let put_back = || {
        for (path, bytes) in &whole {
            fs::write(path, bytes).unwrap();
        }
    };
    let damages: [(&str, Damage); 4] = [
        ("a bit is another", |bytes, part| {
            let mut bytes = bytes.to_owned();
            let at = (bytes.len() * part / 7).min(bytes.len() - 1);
            bytes[at] ^= 1 << part;
            bytes
        }),
        ("it is shorter", |bytes, part| {
            bytes[..bytes.len() * part / 7].to_owned()
        }),
        ("it is longer", |bytes, part| {
            [bytes, &vec![0; part + 1]].concat()
        }),
        ("a part of it is zeros", |bytes, part| {
            let mut bytes = bytes.to_owned();
            let at = bytes.len() * part / 7;
            let end = bytes.len().min(at + 9);
            bytes[at..end].fill(0);
            bytes
        }),
    ];
    for (what, damage) in damages {
        for part in 0..7 {
            put_back();
            for (path, bytes) in &whole {
                fs::write(path, damage(bytes, part)).unwrap();
            }
            assert_same(&format!("{what}, {part}"), &world.cached(&project), &plain);
        }
    }
    put_back();
    assert_same("whole again", &world.cached(&project), &plain);
}

/// Each entry is where another is looked for.
#[test]
fn entries_of_other_keys() {
    let (world, project) = (World::new(), both());
    let mut other = project.clone();
    other.file("src/b.rs", "pub fn f() -> u8 { 2 }\n");
    other.file("a.h", "#define A 2\n");
    let plain = world.plain(&project);
    assert_same("first", &world.cached(&project), &plain);
    world.cached(&other);
    let entries = world.daemon.entries();
    let texts: Vec<_> = entries.iter().map(|path| fs::read(path).unwrap()).collect();
    for turn in 1..entries.len() {
        for (number, path) in entries.iter().enumerate() {
            fs::write(path, &texts[(number + turn) % texts.len()]).unwrap();
        }
        assert_same(
            &format!("turned by {turn}"),
            &world.cached(&project),
            &plain,
        );
    }
}

/// They have the same key, at the same time.
#[test]
fn two_builds_store_one_entry() {
    case("for n in 0 1 2 3; do (mkdir $n; rustc --crate-name a --crate-type lib --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --out-dir $n src/a.rs) & done; wait
          for n in 0 1 2 3; do (cc -c a.c -o $n/a.o) & done; wait")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }\n")
        .file("a.c", "int f(void) { return 1; }\n")
        .first(Expected::Anything, Expected::Hit)
        .misses_when(|project| project.file("a.c", "int f(void) { return 2; }\n"))
        .check();
}

/// A macro that never does the same, and a dependent of its user's: whatever is lost of the cache between two builds,
/// what goes together was made together.
#[test]
fn a_macro_that_never_does_the_same() {
    let world = World::new();
    let mut project = Project::new(
        "proc_macro m; lib a --extern m=target/libm-m.so; lib b --extern a=target/liba-a.rmeta\n\
         bin p --extern a=target/liba-a.rlib --extern b=target/libb-b.rlib; ./target/p-p",
    );
    project.file("src/m.rs", "extern crate proc_macro; use std::hash::{BuildHasher, Hasher, RandomState};\n#[proc_macro] pub fn number(_: proc_macro::TokenStream) -> proc_macro::TokenStream { format!(\"{}u64\", RandomState::new().build_hasher().finish()).parse().unwrap() }\n");
    project.file("src/a.rs", "pub const A: u64 = m::number!(); pub struct S; #[inline(never)] pub fn a(_: S) -> u64 { A }\n");
    project.file("src/b.rs", "pub fn b(s: a::S) -> u64 { a::a(s) }\n");
    project.file(
        "src/p.rs",
        "fn main() { println!(\"{}\", a::a(a::S) == b::b(a::S) && a::A == a::a(a::S)); }\n",
    );
    for turn in 0..6 {
        let ran = world.cached(&project);
        let said = (ran.code, ran.printed.trim());
        assert_eq!(
            said,
            (Some(0), "true"),
            "{turn}: {}{:?}",
            ran.messages,
            ran.log
        );
        // One half of the entries is lost, and then the other.
        for (number, path) in world.daemon.entries().into_iter().enumerate() {
            if number % 3 == turn % 3 {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

/// A source of the same size is written in the same tick of the clock, and has the time that it had.
#[test]
fn edits_within_a_tick() {
    case("of() { rustc --crate-name a --crate-type lib --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --out-dir $1 src/a.rs; cc -c a.c -o $1/a.o; }
        edit() { printf 'pub fn f() -> u8 { %s }\\n' $1 >src/b.rs; printf '#define A %s\\n' $1 >a.h; touch -d @1600000000 src/b.rs a.h; }
        for n in 1 2 3 2 1 3; do edit $n; mkdir -p $n; of $n; done; edit 1; mkdir last; of last")
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::f() }\n")
        .file("src/b.rs", "")
        .file("a.c", "#include \"a.h\"\nint f(void) { return A; }\n")
        .first(Expected::Anything, Expected::Hit)
        .check();
}

/// In one session: a source goes and comes, and a directory becomes another by a link or by its name.
#[test]
fn edits_in_one_session() {
    for edit in [
        "mv src/b.rs src/c.rs; mv two.rs src/b.rs",
        "cp two.rs src/b.rs",
        "cat two.rs >src/b.rs",
        "ln -sf ../two.rs src/b.rs",
        "ln -f two.rs src/b.rs",
        "mv src one; mkdir src; cp one/a.rs src; cp two.rs src/b.rs",
        "mv src one; mkdir two; cp one/a.rs two; cp two.rs two/b.rs; ln -s two src",
        "cp -p --preserve=all two.rs src/b.rs",
        "chmod 400 src/b.rs; cp -f two.rs src/b.rs",
        "dd if=two.rs of=src/b.rs conv=notrunc status=none",
        "sed -i s/1/2/ src/b.rs; touch -r src/a.rs src/b.rs",
    ] {
        case(&format!(
            "lib a; cp -r target first; {edit}; lib a; cp -r target second; lib a"
        ))
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::f() }\n")
        .file("src/b.rs", "pub fn f() -> u8 { 1 }\n")
        .file("two.rs", "pub fn f() -> u8 { 2 }\n")
        .first(Expected::Anything, Expected::Hit)
        .check();
    }
}

/// The build's own outputs, whose digests are known since they were restored.
#[test]
fn outputs_that_are_changed_in_a_session() {
    case("lib one; lib a --extern one=target/libone-one.rlib; cp -r target first
        rustc --crate-name one --edition=2024 --crate-type lib --emit=metadata,link -C metadata=one -C extra-filename=-one --out-dir target two.rs
        lib a --extern one=target/libone-one.rlib")
        .about("a")
        .file("src/one.rs", "pub const A: u8 = 1;\n")
        .file("two.rs", "pub const A: u8 = 2;\n")
        .file("src/a.rs", "pub fn f() -> u8 { one::A }\n")
        .first(Expected::Anything, Expected::Hit)
        .check();
    case("lib one; lib a --extern one=target/libone-one.rlib
        cp target/libone-one.rlib kept; cp other.rlib target/libone-one.rlib; (lib a --extern one=target/libone-one.rlib) || echo $? >code; cp kept target/libone-one.rlib
        lib a --extern one=target/libone-one.rlib")
        .about("a")
        .file("src/one.rs", "pub const A: u8 = 1;\n")
        .file("other.rlib", "no library")
        .file("src/a.rs", "pub fn f() -> u8 { one::A }\n")
        .first(Expected::Anything, Expected::Hit)
        .check();
}

/// A signal that the whole group gets, as `timeout` sends one, and one for the shim alone: the compiler gets either once.
#[test]
fn calls_that_are_ended() {
    for to in ["-- -$!", "$!"] {
        case(&format!("PATH=$PWD/bin:$PATH; setsid ${{through:-env}} cc -c a.c -o a.o & until [ -e begun ]; do sleep 0.1; done; /bin/kill -TERM {to}; wait $! || echo $?; cat got"))
            .file("a.c", "int a;\n")
            .with(|project| project.program("bin/cc", "#!/bin/bash\ncase \"$*\" in -c*) ;; *) exec /usr/bin/cc \"$@\";; esac\ntrap 'echo got >>got; exit 3' TERM\n>begun\nsleep 5 & wait\n"))
            .first(Expected::Anything, Expected::Anything)
            .check();
    }
}

/// One that may open no more files; others are answered as before.
#[test]
fn a_call_that_may_open_few_files() {
    let script = "(ulimit -n 9; call gcc -c a.c -o a.o); cc -c b.c -o b.o";
    let files = |about| {
        let case = case(script).about(about);
        case.file("a.c", "int a;\n").file("b.c", "int b;\n")
    };
    files("a.c").bypasses().check();
    files("b.c").check();
    let ran = World::new().cached(&files("a.c").project());
    let bypasses = |reason: &Outcome| *reason == Outcome::Passthrough(BypassReason::Descriptors);
    assert!(ran.log.calls.iter().any(|call| bypasses(&call.outcome)));
}

/// Ended at any time while it restores, it leaves what the next one makes right.
#[test]
fn calls_that_are_killed() {
    let (world, mut project) = (World::new(), both());
    let plain = world.plain(&project);
    assert_same("first", &world.cached(&project), &plain);
    // Its children end with it.
    let killed = "mkdir -p target; $through rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link \
        -C embed-bitcode=no -C metadata=a -C extra-filename=-a --out-dir target -L dependency=target --error-format=json \
        --json=diagnostic-rendered-ansi,artifacts,future-incompat; $through cc -c a.c -o target/a.o";
    let calls = project.script.clone();
    for after in (0..96).step_by(4) {
        project.script = format!(
            "setsid sh -c '{killed}' >/dev/null 2>&1 & sleep 0.{after:03}; kill -9 -- -$! 2>/dev/null || true; wait || true; {calls}"
        );
        let mut ran = world.cached(&project);
        // What a killed one has not finished has a name of its own, and is no output.
        ran.files
            .retain(|path, _| plain.files.contains_key(path) || !path.starts_with("target"));
        assert_same(&format!("killed after {after} ms"), &ran, &plain);
    }
}

/// No room for what is restored: it ends as the compiler alone does, and is right where there is room.
#[test]
fn a_full_disk() {
    for size in ["4k", "8k", "16k"] {
        case(&format!(
            "mkdir target; (unshare -m sh -c 'mount -t tmpfs -o size={size} none target; \
             $through rustc --crate-name a --crate-type lib --emit=dep-info,metadata,link --out-dir target src/a.rs; \
             $through cc -c a.c -o target/a.o; ls target >listed' >/dev/null 2>&1) || echo $? >code; rm -f listed\n\
             rustc --crate-name a --crate-type lib --emit=dep-info,metadata,link --out-dir target src/a.rs; cc -c a.c -o target/a.o"
        ))
        .file("src/a.rs", "pub fn f() -> u8 { 1 } pub static A: [u8; 5000] = [7; 5000];\n")
        .file("a.c", "const char f[9000] = { 1, 2, 3 };\n")
        .first(Expected::Anything, Expected::Hit)
        .with_faults()
        .check();
    }
}

#[test]
fn a_gateway_that_only_reads() {
    let project = both();
    let mut world = World::with(Daemon::start(), &["--read-only"]);
    let plain = world.plain(&project);
    for _ in 0..2 {
        let ran = world.cached(&project);
        assert_same("read-only", &ran, &plain);
        assert_eq!(hits(&ran), 0, "{:?}", ran.log);
    }
    assert_eq!(world.daemon.entries(), Vec::<PathBuf>::new());
    world.gateway = Gateway::start(&world.daemon, &[]).into();
    assert_same("stored", &world.cached(&project), &plain);
    world.gateway = Gateway::start(&world.daemon, &["--read-only"]).into();
    let ran = world.cached(&project);
    assert_same("read", &ran, &plain);
    assert_eq!(hits(&ran), 2, "{:?}", ran.log);
}

/// Of each release that the wire module is for.
#[test]
fn daemons_of_each_release() {
    let project = both();
    let releases = variable("NIX_SCCACHE_TEST_SCCACHE_RELEASES");
    for release in releases.split(':') {
        let (version, sccache) = release.split_once('=').unwrap();
        let world = World::with(Daemon::start_of(Path::new(sccache), &[]), &[]);
        let plain = world.plain(&project);
        assert_same(version, &world.cached(&project), &plain);
        let ran = world.cached(&project);
        assert_same(version, &ran, &plain);
        assert_eq!(hits(&ran), 2, "{version}: {:?}", ran.log);
    }
}

/// The first is another machine's at first, and empty.
#[test]
fn two_levels() {
    let (project, redis) = (both(), Redis::start());
    let endpoint = format!("redis+unix://localhost{}", redis.socket().display());
    let settings = [
        ("SCCACHE_MULTILEVEL_CHAIN", "disk,redis"),
        ("SCCACHE_REDIS_ENDPOINT", endpoint.as_str()),
    ];
    let start = || Daemon::start_of(&sccache(), &settings);
    let mut world = World::with(start(), &[]);
    let plain = world.plain(&project);
    assert_same("first", &world.cached(&project), &plain);
    let other = start();
    world.gateway = Gateway::start(&other, &[]).into();
    for _ in 0..2 {
        let ran = world.cached(&project);
        assert_same("from the other machine", &ran, &plain);
        assert_eq!(hits(&ran), 2, "{:?}", ran.log);
    }
}

/// It answers as if it had nothing.
#[test]
fn a_redis_that_is_dead() {
    let (project, redis) = (both(), Redis::start());
    let endpoint = format!("redis+unix://localhost{}", redis.socket().display());
    let settings = [
        ("SCCACHE_MULTILEVEL_CHAIN", "redis"),
        ("SCCACHE_REDIS_ENDPOINT", endpoint.as_str()),
    ];
    let world = World::with(Daemon::start_of(&sccache(), &settings), &[]);
    let plain = world.plain(&project);
    assert_same("first", &world.cached(&project), &plain);
    let ran = world.cached(&project);
    assert_eq!(hits(&ran), 2, "{:?}", ran.log);
    drop(redis);
    assert_same("dead", &world.cached(&project), &plain);
}

#[test]
fn a_session_that_goes_while_it_is_used() {
    for end in [
        "rm -rf \"${NIX_SCCACHE_SESSION-/nonexistent}\"",
        "chmod 000 \"${NIX_SCCACHE_SESSION-.}\"",
        "NIX_SCCACHE_SESSION=/nonexistent; export NIX_SCCACHE_SESSION",
        ": >full; unset NIX_SCCACHE_SESSION",
    ] {
        let world = World::new();
        let mut project = both();
        project.script = format!(
            "{}; {end}; cc -DB -c a.c -o target/b.o; check a",
            project.script
        );
        let plain = world.plain(&project);
        for _ in 0..2 {
            assert_same(end, &world.cached(&project), &plain);
        }
    }
}

/// For the machine that builds, and for another one.
#[test]
fn one_crate_for_two_targets() {
    case("lib a; cp -r target first; lib a --target x86_64-unknown-linux-gnu; cp -r target second; RUSTC_BOOTSTRAP=1 check a --target aarch64-unknown-linux-gnu")
        .file("src/a.rs", "#![no_core] #![feature(no_core)] #![allow(internal_features)] #[cfg(target_arch = \"x86_64\")] pub mod b {} #[cfg(target_arch = \"aarch64\")] pub mod c {}\n")
        .variable("RUSTC_BOOTSTRAP", "1")
        .check();
}

/// What has times in it, and paths that end in what cargo keeps for itself.
pub const ABSENT: [&str; 4] = [
    ".rustc_info.json",
    ".fingerprint",
    ".cargo-lock",
    "fingerprint",
];

/// A workspace of cargo's: a library, one that uses it and has a build script, and a program with tests.
fn workspace(script: &str) -> Case {
    let mut workspace = case(script)
        .file("Cargo.toml", "[workspace]\nmembers = [\"base\", \"a\"]\nresolver = \"3\"\n")
        .file("base/Cargo.toml", "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
        .file("base/src/lib.rs", "pub fn base() -> u8 { 1 }\n")
        .file("a/Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nbase = { path = \"../base\" }\n")
        .file("a/build.rs", "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(out + \"/b.rs\", \"pub fn b() -> u8 { 2 }\").unwrap(); }\n")
        .file("a/src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/b.rs\")); pub fn a() -> u8 { b() + base::base() }\n")
        .file("a/src/main.rs", "fn main() { println!(\"{}\", a::a()); }\n#[test] fn is_right() { assert_eq!(a::a(), 3); }\n");
    for part in ABSENT {
        workspace = workspace.ignore(part);
    }
    workspace
}

/// What cargo does with each crate, without times.
const DOES: &str = "does() { \"$@\" >said 2>&1 || echo failed; grep -oE '(Fresh|Dirty|Compiling|Finished|error).*' said | sed 's/(.*//; s/ in [0-9.]*s//' | sort; rm said; }\n";

/// After a build with the cache, cold or warm, cargo has nothing more to do; not for tests either, but for those.
#[test]
fn cargo_finds_all_fresh() {
    for options in ["", "-Zbuild-dir-new-layout"] {
        workspace(&format!(
            "{DOES}does cargo {options} build -v --offline; does cargo {options} build -v --offline; does cargo {options} test -v --offline --no-run; \
             does cargo {options} test -v --offline --no-run; does cargo {options} build -v --offline; does cargo {options} check -v --offline; does cargo {options} check -v --offline; \
             does cargo {options} build -v --offline --release; does cargo {options} build -v --offline --release"
        ))
        .variable("RUSTC_BOOTSTRAP", "1")
        .about("base")
        .first(Expected::Anything, Expected::Hit)
        .misses_when(|project| project.file("base/src/lib.rs", "pub fn base() -> u8 { 1 } pub fn more() {}\n"))
        .check();
    }
}

/// The second build is in the directory of the first one, after an edit.
#[test]
fn cargo_builds_what_was_edited() {
    for options in ["", "-Zbuild-dir-new-layout"] {
        workspace(&format!(
            "{DOES}build() {{ does cargo {options} build -v --offline; ./target/debug/a; }}\nbuild; cp base/src/lib.rs kept; sed -i s/1/7/ base/src/lib.rs; build; cp kept base/src/lib.rs; build; build; rm kept"
        ))
        .variable("RUSTC_BOOTSTRAP", "1")
        .about("base")
        .first(Expected::Anything, Expected::Hit)
        .check();
    }
}

#[test]
fn cargo_with_other_settings() {
    workspace("cargo build -q --offline; ./target/debug/a")
        .about("base")
        .misses_when(|project| project.variable("RUSTFLAGS", "-C opt-level=1"))
        .misses_when(|project| project.variable("CARGO_PROFILE_DEV_DEBUG", "0"))
        .misses_when(|project| {
            project.script = "cargo build -q --offline --release; ./target/release/a".into();
        })
        .check();
}

/// In the build script another cargo builds another project.
#[test]
fn cargo_in_a_build_script() {
    workspace("cargo build -q --offline; ./target/debug/a")
        .file("inner/Cargo.toml", "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\nname = \"deep\"\n[workspace]\n")
        .file("inner/src/lib.rs", "pub fn inner() -> &'static str { if option_env!(\"OUT_DIR\").is_some() { \"out\" } else { \"none\" } }\n")
        .file("inner/src/main.rs", "fn main() { println!(\"{}\", deep::inner()); }\n")
        .file("a/build.rs", "use std::{env, fs, process::Command}; fn main() { let out = env::var(\"OUT_DIR\").unwrap(); let target = format!(\"{out}/target\"); assert!(Command::new(env::var(\"CARGO\").unwrap()).current_dir(\"../inner\").args([\"build\", \"-q\", \"--offline\", \"--target-dir\", &target]).status().unwrap().success()); let said = Command::new(format!(\"{target}/debug/inner\")).output().unwrap().stdout; fs::write(out + \"/b.rs\", format!(\"pub fn b() -> u8 {{ println!({:?}); 2 }}\", String::from_utf8(said).unwrap())).unwrap(); }\n")
        .about("deep")
        .misses_when(|project| project.file("inner/src/lib.rs", "pub fn inner() -> &'static str { \"other\" }\n"))
        .check();
}

/// A program whose name is one of a build script, and crates of one name and two versions.
#[test]
fn names_that_look_like_others() {
    workspace("cargo build -q --offline; ./target/debug/a; ./target/debug/build_script_build")
        .file(
            "a/src/bin/build_script_build.rs",
            "fn main() { println!(\"{} {}\", a::a(), env!(\"CARGO_PKG_NAME\")); }\n",
        )
        .about("base")
        .misses_when(|project| project.file("base/src/lib.rs", "pub fn base() -> u8 { 9 }\n"))
        .check();
}

/// They share nothing but the daemon.
#[test]
fn eight_builds_at_once() {
    let world = World::new();
    let failed = Mutex::new(Vec::new());
    for _ in 0..2 {
        thread::scope(|scope| {
            for number in 0..8_u8 {
                let (world, failed) = (world.beside(), &failed);
                scope.spawn(move || {
                    let mut project = both();
                    // Half of them are equal but for their directory.
                    project.file(
                        "src/b.rs",
                        format!("pub fn f() -> u8 {{ {} }}\n", number / 2),
                    );
                    let plain = world.plain(&project);
                    let ran = world.cached(&project);
                    let differences = ran.differences(&plain);
                    if !differences.is_empty() {
                        failed.lock().unwrap().push(differences);
                    }
                });
            }
        });
    }
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
