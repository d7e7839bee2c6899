//! What stands beside the shim: other wrappers, cargo's job server, devices and pipes, and calls before and after.

use nix_sccache_tests::variable;

use crate::case::{Case, Expected, case};
use crate::engine::ABSENT;

/// Files of cargo's own, which say how the compiler is called and when.
fn cargo(script: &str) -> Case {
    case(script)
        .ignore(".rustc_info.json")
        .ignore(".fingerprint")
        .ignore(".cargo-lock")
        .file(
            "Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        )
        .file(
            "src/lib.rs",
            "#![allow(unexpected_cfgs)] pub fn f() -> &'static str { if cfg!(wrapped) { \"wrapped\" } else { \"not wrapped\" } }\n",
        )
        .file("src/main.rs", "fn main() { println!(\"{}\", a::f()); }\n")
}

const BUILD: &str = "cargo build -q --offline; ./target/debug/a";

/// cargo calls the wrapper that its settings name; ours, by a variable, must not take its place.
#[test]
fn a_wrapper_of_the_projects_own_by_cargos_settings() {
    cargo(BUILD)
        .file(
            ".cargo/config.toml",
            "[build]\nrustc-wrapper = \"./wrap\"\n",
        )
        .with(|project| project.program("wrap", "#!/bin/sh\nexec \"$@\" --cfg wrapped\n"))
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.program("wrap", "#!/bin/sh\nexec \"$@\"\n"))
        .right_when(|project| project.remove(".cargo/config.toml"))
        .check();
}

#[test]
fn a_wrapper_of_the_projects_own_by_a_variable() {
    cargo(&format!(
        "export CARGO_BUILD_RUSTC_WRAPPER=$PWD/wrap; {BUILD}"
    ))
    .with(|project| project.program("wrap", "#!/bin/sh\nexec \"$@\" --cfg wrapped\n"))
    .first(Expected::Anything, Expected::Anything)
    .right_when(|project| project.program("wrap", "#!/bin/sh\nexec \"$@\"\n"))
    .check();
}

#[test]
fn a_wrapper_of_the_workspace() {
    cargo(&format!(
        "export RUSTC_WORKSPACE_WRAPPER=$PWD/wrap; {BUILD}"
    ))
    .with(|project| project.program("wrap", "#!/bin/sh\nexec \"$@\" --cfg wrapped\n"))
    .first(Expected::Anything, Expected::Anything)
    .right_when(|project| project.program("wrap", "#!/bin/sh\nexec \"$@\"\n"))
    .right_when(|project| project.script("RUSTC_WORKSPACE_WRAPPER", "OTHER"))
    .check();
}

/// It is called by cargo, which asks it for its version as well.
#[test]
fn a_compiler_of_the_projects_own() {
    cargo(&format!("export RUSTC=$PWD/rustc; {BUILD}"))
        .with(|project| project.program("rustc", "#!/bin/sh\nexec rustc \"$@\" --cfg wrapped\n"))
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.program("rustc", "#!/bin/sh\nexec rustc \"$@\"\n"))
        .check();
}

/// With `-j1` it has one token, which its first thread has already.
#[test]
fn tokens_of_cargos_job_server() {
    for jobs in ["-j1", "-j3"] {
        cargo(&format!(
            "export RUSTC_WORKSPACE_WRAPPER=$PWD/count; cargo build -q --offline --lib {jobs}"
        ))
        .with(|project| project.program("count", COUNT))
        .first(Expected::Anything, Expected::Anything)
        .check();
    }
}

/// A compiler that takes all tokens which there are, says how many, and gives them back.
const COUNT: &str = r#"#!/usr/bin/python3
import os, re, subprocess, sys
found = re.search(r"--jobserver-(?:auth|fds)=(\S+)", os.environ.get("CARGO_MAKEFLAGS", ""))
if "--crate-name" in sys.argv and "___" not in sys.argv:
    tokens = b""
    if found is None:
        count = "none"
    else:
        if found[1].startswith("fifo:"):
            reads = writes = os.open(found[1][5:], os.O_RDWR | os.O_NONBLOCK)
        else:
            reads, writes = map(int, found[1].split(","))
        import fcntl
        flags = fcntl.fcntl(reads, fcntl.F_GETFL)
        fcntl.fcntl(reads, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        try:
            while True:
                tokens += os.read(reads, 1)
        except BlockingIOError:
            pass
        fcntl.fcntl(reads, fcntl.F_SETFL, flags)
        os.write(writes, tokens)
        count = str(len(tokens))
    print("tokens: " + count, file=sys.stderr)
sys.exit(subprocess.run(sys.argv[1:], close_fds=False).returncode)
"#;

/// A device of the test's own, which stays what it is, whoever is root.
#[test]
fn devices() {
    for script in [
        "cc -c a.c -o dev/null",
        "cc -c a.c -o dev/zero",
        "cc -c a.c -o a.o -MD -MF dev/null",
        "rustc --crate-name a --crate-type lib --emit=metadata=dev/null src/a.rs",
        "rustc --crate-name a --crate-type lib --emit=metadata -o dev/null src/a.rs",
        "mkdir -p out; rustc --crate-name a --crate-type lib --emit=dep-info=dev/null,metadata --out-dir out src/a.rs",
        "mkdir -p out; ln -s ../dev/null out/liba.rmeta; rustc --crate-name a --crate-type lib --emit=dep-info,metadata --out-dir out src/a.rs",
        "mkdir -p out; mknod -m 666 out/liba.rlib c 1 3; rustc --crate-name a --crate-type lib --emit=dep-info,metadata,link --out-dir out src/a.rs",
        "ln -s dev/null a.o; cc -c a.c -o a.o",
    ] {
        case(&format!("mkdir dev; mknod -m 666 dev/null c 1 3; mknod -m 666 dev/zero c 1 5; {{ {script}; }} || echo $? >code"))
            .file("a.c", "int f(void) { return 1; }\n")
            .file("src/a.rs", "pub fn f() {}\n")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.file("a.c", "int f(void) { return 2; }\n"))
            .check();
    }
}

/// The object of a call that throws it away is none for the next one.
#[test]
fn an_object_that_is_thrown_away() {
    case("mkdir dev; mknod -m 666 dev/null c 1 3; cc -c a.c -o dev/null; cc -c a.c -o a.o; cc -c a.c -o dev/null; test -c dev/null")
        .file("a.c", "int f(void) { return 1; }\n")
        .first(Expected::Anything, Expected::Anything)
        .check();
}

#[test]
fn pipes() {
    for script in [
        "cc -S a.c -o pipe",
        "cc -E a.c -o pipe",
        "cc -c a.c -o a.o -MD -MF pipe",
        "rustc --crate-name a --crate-type lib --emit=dep-info=pipe,metadata --out-dir . src/a.rs",
    ] {
        case(&format!(
            "mkfifo pipe; cat pipe >read & {{ {script}; }} || echo $? >code; wait; test -p pipe"
        ))
        .file("a.c", "int f(void) { return 1; }\n")
        .file("src/a.rs", "pub fn f() {}\n")
        .first(Expected::Anything, Expected::Anything)
        .check();
    }
    case("mkfifo pipe; cat a.c >pipe & cc -x c -c pipe -o a.o; wait")
        .file("a.c", "int f(void) { return 1; }\n")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("a.c", "int f(void) { return 2; }\n"))
        .check();
}

/// They are those of the compiler alone: a directory, something that may not be written, nothing at all.
#[test]
fn outputs_that_cannot_be_written() {
    for script in [
        "mkdir a.o; cc -c a.c -o a.o",
        "cc -c a.c -o missing/a.o",
        "mkdir -p target/liba-a.rlib; lib a",
        "lib a --out-dir target/missing/deep",
        ": >target; lib a",
        "ln -s missing/a.o a.o; cc -c a.c -o a.o",
        "ln -s a.o a.o; cc -c a.c -o a.o",
    ] {
        case(&format!("({script}) || echo $? >code"))
            .file("a.c", "int f(void) { return 1; }\n")
            .file("src/a.rs", "pub fn f() {}\n")
            .first(Expected::Anything, Expected::Anything)
            .check();
    }
}

/// What is at an output's place is written over, as the compiler does: a file that others have by another name, and
/// one that may not be written.
#[test]
fn outputs_with_other_names() {
    for before in [
        "ln kept a.o",
        "ln -s kept a.o",
        "cp kept a.o; chmod 444 a.o",
        "cp kept a.o; chmod 4755 a.o",
        "cp kept a.o; chmod 755 a.o",
    ] {
        case(&format!("{before}; cc -c a.c -o a.o"))
            .file("kept", "kept")
            .file("a.c", "int f(void) { return 1; }\n")
            .first(Expected::Anything, Expected::Anything)
            .check();
    }
    for before in [
        "ln kept target/liba-a.rlib",
        "ln -s ../kept target/liba-a.rlib",
        "cp kept target/liba-a.rlib; chmod 755 target/liba-a.rlib",
    ] {
        case(&format!("mkdir target; {before}; lib a"))
            .file("kept", "kept")
            .file("src/a.rs", "pub fn f() {}\n")
            .first(Expected::Anything, Expected::Anything)
            .check();
    }
}

/// A call that ends badly, or that the cache is no use for, and the call after it.
#[test]
fn trouble_of_one_call_is_not_anothers() {
    for trouble in [
        "cc -c a.c -o missing/a.o || true",
        "cc -c missing.c -o a.o || true",
        "cc -c a.c b.c || true",
        "cc -fno-such-option -c a.c -o a.o || true",
        "rustc --no-such-option || true",
        "rustc --crate-name b --crate-type lib --emit=metadata,link --out-dir missing/deep src/a.rs",
        "lib b || true",
        "(ulimit -f 0; lib a) >/dev/null 2>&1 || true; rm -rf target",
        "mkdir gone; (cd gone; rmdir ../gone; cc -c ../a.c -o ../gone.o) >/dev/null 2>&1 || true",
        "cc -c a.c -o killed.o & kill -9 $! || true; wait || true",
    ] {
        case(&format!("{trouble}; lib a"))
            .about("a")
            // What ends the shim does not end the compiler.
            .ignore("killed.o")
            .file("a.c", "int f(void) { return 1; }\n")
            .file("src/a.rs", "pub fn f() {}\n")
            .file("src/b.rs", "pub fn f() -> u8 {}\n")
            .check();
    }
}

/// Of several at once, each has its own.
#[test]
fn calls_at_once() {
    case("for n in 0 1 2 3 4 5 6 7; do cc -DN=$n -Wall -c a.c -o $n.o 2>$n.txt & done; wait; cc -DN=8 -c a.c -o 8.o")
        .file("a.c", "int f(void) { int a; return N; }\n")
        .misses_when(|project| project.file("a.c", "int f(void) { int b; return N + 1; }\n"))
        .check();
}

/// Of no session, in the middle of one.
#[test]
fn a_call_without_a_session() {
    case("unset NIX_SCCACHE_SESSION; lib a; cc -c a.c -o target/a.o")
        .file("a.c", "int f(void) { return 1; }\n")
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::f() }\n")
        .file("src/b.rs", "pub fn f() -> u8 { 1 }\n")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("src/b.rs", "pub fn f() -> u8 { 2 }\n"))
        .check();
}

/// It passes a preload of the project's own by, and lets it be.
#[test]
fn a_preload_that_is_there_already() {
    case("command cc -shared -fPIC -o other.so other.c; export LD_PRELOAD=$PWD/other.so; lib a")
        .about("a")
        .file(
            "other.c",
            "char *secure_getenv(const char *name) { return 0; }\n",
        )
        .file(
            "src/a.rs",
            "pub fn f() -> Option<&'static str> { option_env!(\"LD_PRELOAD\") }\n",
        )
        .first(Expected::Anything, Expected::Anything)
        .check();
    case("lib a; env >environment")
        .file("src/a.rs", "pub fn f() -> (Option<&'static str>, Option<&'static str>) { (option_env!(\"LD_PRELOAD\"), option_env!(\"NIX_SCCACHE_TRACE\")) }\n")
        .ignore("environment")
        .check();
}

/// cargo-auditable puts a list of dependencies into each program, by an object that it gives the linker.
#[test]
fn lists_of_dependencies_in_programs() {
    let package = |name: &str, version: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n{more}")
    };
    let below = "[dependencies]\nb = { path = \"b\" }\n[workspace]\n";
    let case = case("$auditable auditable build -q --offline; ./target/debug/a; objcopy -O binary --only-section=.dep-v0 --set-section-flags .dep-v0=alloc target/debug/a list")
        .about("a")
        .variable("auditable", &variable("NIX_SCCACHE_TEST_CARGO_AUDITABLE"))
        .file("Cargo.toml", package("a", "0.1.0", below))
        .file("src/main.rs", "fn main() { println!(\"{}\", b::f()); }\n")
        .file("b/Cargo.toml", package("b", "0.1.0", ""))
        .file("b/src/lib.rs", "pub fn f() -> u8 { 1 }\n")
        .file("c/Cargo.toml", package("c", "0.1.0", ""))
        .file("c/src/lib.rs", "");
    ABSENT
        .into_iter()
        .fold(case, Case::ignore)
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("b/Cargo.toml", package("b", "0.2.0", "")))
        .right_when(|project| {
            let more = "[dependencies]\nc = { path = \"../c\" }\n";
            project.file("b/Cargo.toml", package("b", "0.1.0", more));
        })
        .right_when(|project| {
            let more = format!("{below}[features]\nx = []\n");
            project.file("Cargo.toml", package("a", "0.1.0", &more));
        })
        .check();
}
