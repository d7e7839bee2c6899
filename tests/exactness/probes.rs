//! What build scripts ask compilers, and failures: those of a source are kept, those of a machine are not.

use crate::case::{Case, Expected, case};

/// A source that a build script tries, as most do it.
fn probe(arguments: &str) -> Case {
    case(&format!(
        "mkdir out; rustc --edition=2024 --crate-name probe --crate-type lib --cap-lints allow \
         --emit=dep-info,metadata --out-dir out {arguments} probe.rs || echo $? >code"
    ))
}

#[test]
fn one_that_compiles() {
    probe("")
        .file("probe.rs", "pub fn f() {}\n")
        .misses_when(|project| project.file("probe.rs", "pub fn g() {}\n"))
        .check();
}

#[test]
fn one_that_does_not() {
    probe("")
        .first(Expected::Anything, Expected::Anything)
        .file("probe.rs", "pub fn f() -> u8 {}\n")
        .right_when(|project| project.file("probe.rs", "pub fn f() -> u8 { 1 }\n"))
        .right_when(|project| project.file("probe.rs", "pub fn f() -> u16 {}\n"))
        .check();
}

/// What it lacks is there later.
#[test]
fn one_that_lacks_something() {
    probe("--cfg b")
        .first(Expected::Anything, Expected::Anything)
        .file("probe.rs", "#![allow(unexpected_cfgs)] #[cfg(b)] mod b;\n")
        .right_when(|project| project.file("b.rs", "pub fn f() {}\n"))
        .right_when(|project| project.script("--cfg b", ""))
        .check();
    probe("")
        .first(Expected::Anything, Expected::Anything)
        .file("probe.rs", "pub const A: &str = env!(\"OF_PROBE\");\n")
        .right_when(|project| project.variable("OF_PROBE", "1"))
        .check();
    probe("")
        .first(Expected::Anything, Expected::Anything)
        .file("probe.rs", "#![feature(never_type)]\n")
        .right_when(|project| project.variable("RUSTC_BOOTSTRAP", "1"))
        .check();
    probe("--extern one=libone.rlib")
        .first(Expected::Anything, Expected::Anything)
        .file("probe.rs", "pub use one::f;\n")
        .right_when(|project| project.file("libone.rlib", "no library"))
        .check();
}

/// autocfg's, and others that write the source into a pipe.
#[test]
fn from_a_pipe() {
    for (source, other) in [
        ("pub fn f() {}", "pub fn g() {}"),
        ("pub fn f() -> u8 {}", "pub fn f() -> u16 {}"),
    ] {
        for emit in ["llvm-ir", "metadata", "dep-info,metadata"] {
            case(&format!("mkdir out; rustc - --crate-name probe --crate-type lib --emit={emit} --out-dir out <probe || echo $? >code"))
                .file("probe", source)
                .first(Expected::Anything, Expected::Anything)
                .right_when(|project| project.file("probe", other))
                .check();
        }
    }
}

/// What becomes of it is thrown away.
#[test]
fn into_nothing() {
    for script in [
        "rustc - --crate-type lib --emit=metadata -o dev/null <probe.rs || echo $? >code",
        "rustc --crate-name probe --crate-type lib --emit=metadata=dev/null probe.rs || echo $? >code",
        "cc -c probe.c -o dev/null || echo $? >code",
        "cc -E probe.c -o dev/null",
        "cc -fsyntax-only probe.c || echo $? >code",
    ] {
        // rustc takes the place of what is at the path, whatever it is, where it may.
        case(&format!("mkdir dev; mknod -m 666 dev/null c 1 3; {script}"))
            .file("probe.rs", "pub fn f() {}\n")
            .file("probe.c", "int f(void) { return 1; }\n")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| {
                project.file("probe.rs", "pub fn f() -> u8 {}\n");
                project.file("probe.c", "int f(void) { return g; }\n");
            })
            .check();
    }
}

#[test]
fn flags_of_c() {
    for flags in [
        "-Wall",
        "-Werror -fno-such-option",
        "-Werror -Wno-such-warning -Wunused",
        "-std=c11",
        "-m32",
    ] {
        case(&format!(
            "cc {flags} -c probe.c -o probe.o || echo $? >code"
        ))
        .file("probe.c", "int main(void) { return 0; }\n")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("probe.c", "int main(void) { int a; return b; }\n"))
        .check();
    }
}

/// `cc` of crates asks so which compiler it is.
#[test]
fn the_family_of_a_compiler() {
    case("cc -E detect.c")
        .file("detect.c", "#ifdef __clang__\n#pragma message \"clang\"\n#endif\n#ifdef __GNUC__\n#pragma message \"gcc\"\n#endif\nTARGET __x86_64__\n")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.script("cc -E", "cc -E -m32"))
        .right_when(|project| project.script("cc -E", "cxx -E"))
        .check();
}

/// After each of these, the same call is right where there is no such limit.
#[test]
fn failures_of_the_machine_are_not_kept() {
    let rust = "rustc --edition=2024 --crate-name probe --crate-type lib --emit=dep-info,metadata --out-dir out probe.rs";
    let c = "cc -c probe.c -o out/probe.o";
    for call in [rust, c] {
        for limit in [
            // No space, on a full file system of its own.
            "mount -t tmpfs -o size=4k none out; head -c 4k /dev/zero >out/full",
            // The signal of a file that is too long.
            "ulimit -f 0",
            // No memory.
            "ulimit -v 30000",
            // The signal of a process that has had its time.
            "ulimit -t 0",
            // Too few descriptors, for what is opened later and later.
            "ulimit -n 3",
            "ulimit -n 5",
            "ulimit -n 7",
            "ulimit -n 9",
        ] {
            case(&format!(
                "mkdir out; (unshare -m sh -c '{limit}; ${{through-}} {call}' >/dev/null 2>&1) || true; rm -rf out/*; {call}"
            ))
            .file("probe.rs", "pub fn f() {}\n")
            .file("probe.c", "int f(void) { return 1; }\n")
            .first(Expected::Anything, Expected::Hit)
            .with_faults()
            .check();
        }
    }
}

/// A compiler that something ends: its failure is nobody else's.
#[test]
fn a_compiler_that_is_killed() {
    for end in [
        "kill -9 $$",
        "kill -TERM $$",
        "kill -SEGV $$",
        "exit 101",
        "exit 137",
    ] {
        case("run() { call ./bin/rustc --crate-name probe --crate-type lib --emit=dep-info,metadata --out-dir out probe.rs; }
            mkdir out; : >ends; (run) || echo $? >code; rm ends; run")
        .with(|project| {
            let rustc = format!("#!/bin/sh\ncase \"$*\" in *probe.rs*) if [ -e ends ]; then echo 'error: out of luck' >&2; {end}; fi ;; esac\nexec rustc \"$@\"\n");
            project.program("bin/rustc", &rustc);
        })
        .file("probe.rs", "pub fn f() {}\n")
            .first(Expected::Anything, Expected::Anything)
            .check();
    }
}

/// It reads what is not there by then, and says so by the same code as a source that is wrong.
#[test]
fn a_source_that_comes_later() {
    case("(lib a) || true; cp a.rs src/a.rs; lib a")
        .file("a.rs", "pub fn f() {}\n")
        .file("src/other.rs", "")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("a.rs", "pub fn g() {}\n"))
        .check();
}
