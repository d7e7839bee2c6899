//! What is linked and runs in the build only: build scripts and procedural macros of dependencies, which are stored whole,
//! with all that their linkers read.

use std::fs;

use nix_sccache_contract::log::Outcome;

use crate::case::{Case, Expected, case};
use crate::nixpkgs::with_wrappers;

const MACRO: &str = "extern crate proc_macro; unsafe extern \"C\" { fn n() -> i32; } \
    #[proc_macro] pub fn m(_: proc_macro::TokenStream) -> proc_macro::TokenStream { unsafe { n() }.to_string().parse().unwrap() }";
const USER: &str = "pub const A: i32 = m::m!();";
const SCRIPT: &str = "unsafe extern \"C\" { fn n() -> i32; } fn main() { println!(\"cargo::metadata=n={}\", unsafe { n() }); }";

/// A build script that links a library of C.
fn of(arguments: &str) -> Case {
    case(&format!(
        "export CARGO=cargo; mkdir n other; archive n/libn.a n.c -DN=1; \
         crate build_script_build bin dep-info,link {arguments}; ./target/build_script_build-build_script_build"
    ))
    .about("build_script_build")
    .file("n.c", "int n(void) { return N; }")
    .file("src/build_script_build.rs", SCRIPT)
}

#[test]
fn a_build_script() {
    of("-L native=n -l n")
        .misses_when(|project| {
            project.file("src/build_script_build.rs", SCRIPT.replace("=n=", "=m="));
        })
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}

#[test]
fn a_macro() {
    case(
        "export CARGO=cargo; mkdir n; archive n/libn.a n.c -DN=1; proc_macro m -L native=n -l n; \
         lib user --extern m=target/libm-m.so; bin p --extern user=target/libuser-user.rlib; ./target/p-p",
    )
    .about("m")
    .file("n.c", "int n(void) { return N; }")
    .file("src/m.rs", MACRO)
    .file("src/user.rs", USER)
    .file("src/p.rs", "fn main() { println!(\"{}\", user::A); }")
    .misses_when(|project| project.script("-DN=1", "-DN=2"))
    .check();
}

#[test]
fn a_program_is_no_build_script_by_its_name() {
    of("-L native=n -l n")
        .variable("CARGO_BIN_NAME", "build_script_build")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}

/// Only the linker reads it.
#[test]
fn a_library_that_only_the_linker_finds() {
    for arguments in [
        "-C link-arg=-Ln -C link-arg=-ln",
        "-C link-arg=n/libn.a",
        "-C link-args=@arguments",
        "-C linker-features=-lld -C link-arg=-Ln -C link-arg=-ln",
    ] {
        of(arguments)
            .file("arguments", "-Ln -ln")
            .misses_when(|project| project.script("-DN=1", "-DN=2"))
            .check();
    }
}

#[test]
fn a_library_comes_earlier() {
    for features in ["", "-C linker-features=-lld "] {
        of(&format!(
            "{features}-C link-arg=-Lother -C link-arg=-Ln -C link-arg=-ln"
        ))
        .misses_when(|project| {
            project.script(
                "-DN=1; ",
                "-DN=1; archive other/libn.a n.c -DN=2; ",
            );
        })
        .misses_when(|project| {
            project.script(
                "-DN=1; ",
                "-DN=1; command cc -shared -fPIC -DN=3 n.c -o n/libn.so; export LD_LIBRARY_PATH=$PWD/n; ",
            );
        })
        .check();
    }
}

/// What a library needs in turn is found by GNU's linker alone, by a variable.
#[test]
fn a_library_that_another_needs() {
    let two = "mkdir one two; for of in one two; do command cc -shared -fPIC -DN=1 n.c -o $of/libm.so; done; \
               echo 'int m(void) { return 0; }' >two/m.c; command cc -shared two/m.c -o two/libm.so; \
               command cc -shared -fPIC -DN=4 -Dn=k n.c -Lone -lm -Wl,--no-as-needed -o libk.so; ";
    of("-C linker-features=-lld -C link-arg=libk.so -L native=n -l n")
        .with(|project| {
            project.script(
                "mkdir n other;",
                &format!("mkdir n other; {two} export LD_LIBRARY_PATH=$PWD/one;"),
            )
        })
        .right_when(|project| {
            project.script(
                "export LD_LIBRARY_PATH=$PWD/one;",
                "export LD_LIBRARY_PATH=$PWD/two;",
            )
        })
        .check();
}

#[test]
fn variables_of_linkers() {
    of("-C link-arg=-ln")
        .variable("LIBRARY_PATH", "n")
        .misses_when(|project| {
            project.script("-DN=1; ", "-DN=1; archive other/libn.a n.c -DN=2; ");
            project.variable("LIBRARY_PATH", "other");
        })
        .misses_when(|project| project.variable("LLD_VERSION", "other"))
        .check();
}

#[test]
fn the_linker() {
    let script = |version: &str| {
        format!("#!/bin/sh\nexec /usr/bin/cc \"$@\" -Wl,--defsym=v={version} $EXTRA\n")
    };
    of("-C linker=./cc -L native=n -l n")
        .with(|project| project.program("cc", &script("1")))
        .variable("EXTRA", "")
        .misses_when(|project| project.program("cc", &script("2")))
        .misses_when(|project| project.variable("EXTRA", "-Wl,--defsym=w=1"))
        .fails_when(|project| project.variable("EXTRA", "-Wl,--no-such-option"))
        .check();
}

#[test]
fn scripts_of_linkers() {
    of("-L native=n -l n -C link-arg=-Wl,--defsym=v=1 -C link-arg=version.ld")
        .file("version.ld", "VERSION { A { global: main; }; };")
        .misses_when(|project| project.file("version.ld", "VERSION { B { global: main; }; };"))
        .check();
}

/// Its messages are rustc's: the linker's are in them.
#[test]
fn a_linker_that_fails() {
    of("-L native=n -l n")
        .fails_when(|project| project.script(" -l n;", ";"))
        .check();
}

#[test]
fn profiles() {
    for profile in [
        "-C opt-level=3",
        "-C debuginfo=2",
        "-C opt-level=3 -C lto=thin",
        "-C opt-level=3 -C lto=fat -C codegen-units=1",
        "-C strip=symbols",
        "-C strip=debuginfo -C debuginfo=1",
        "-C panic=abort",
        "-C incremental=incremental -C codegen-units=256",
    ] {
        of(&format!("{profile} -L native=n -l n"))
            .ignore("incremental")
            .variable("bitcode", "")
            .check();
    }
}

/// Behind nixpkgs' wrappers, in derivations with another output each.
#[test]
fn another_derivation() {
    let flags = |out: &str| format!("-rpath /nix/store/{out}/lib -rpath /of/another/lib");
    let [first, second] = ["a", "b"].map(|name| format!("abcdefghijabcdefghijabcdefghij12-{name}"));
    let case = with_wrappers(of(
        "-C linker=wrapper/bin/gcc -C linker-features=-lld -C link-arg=-Bwrapper/bin -L native=n -l n",
    ));
    let world = &case.world;
    let project = |out: &str, flag: &str| {
        let mut project = case.project();
        project.variable("out", format!("/nix/store/{out}"));
        project.variable("outputs", "out");
        project.variable("NIX_LDFLAGS", format!("{} {flag}", flags(out)));
        project
    };
    let built = |out: &str, flag: &str| {
        let ran = world.cached(&project(out, flag));
        let name = "target/build_script_build-build_script_build";
        let path = world.root().join("project").join(name);
        let script = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let is_hit = match case.outcome(&ran) {
            Some(Outcome::Hit) => true,
            Some(Outcome::Miss) => false,
            other => panic!("{other:?}: {}", ran.messages),
        };
        (
            is_hit,
            script.contains("/nix/store/abc"),
            script.contains("/of/another/lib"),
        )
    };
    assert_eq!(built(&first, ""), (false, false, true));
    assert_eq!(built(&second, ""), (true, false, true));
    assert_eq!(built(&first, "--defsym=v=1"), (false, false, true));
}
