//! What may be installed is served as the linker made it, where that is what another derivation's linker would make: then no
//! linker runs. Else it is linked anew, and the bytes are the same.

use std::fs;

use nix_sccache_contract::log::Outcome;

use crate::case::Case;
use crate::links::program;
use crate::nixpkgs::with_wrappers;
use crate::project::Project;

/// A linker that counts how often it runs, in a directory of rustc's own.
const COUNTS: &str =
    "#!/bin/sh\nmkdir -p counted\necho >>counted/links\nexec wrapper/bin/gcc \"$@\"\n";

/// With an empty directory that is looked into first.
const OTHER: &str = "-C link-arg=-Lother";

/// A program that is linked by nixpkgs' wrappers.
fn counted(arguments: &str) -> Case {
    let arguments = format!(
        "-C linker=./cc -C link-arg=-Bwrapper/bin -C incremental=counted {OTHER} {arguments}"
    );
    with_wrappers(program(&arguments))
        .ignore("counted")
        .with(|project| project.program("cc", COUNTS))
}

/// The project in a derivation with an output of this name, with flags for linkers.
fn in_derivation(project: &Project, name: &str, flags: &str) -> Project {
    let mut project = project.clone();
    let hash = name.repeat(32);
    let out = format!("/nix/store/{}-{name}", hash.get(..32).unwrap());
    project.variable(
        "NIX_LDFLAGS",
        format!("-rpath {out}/lib -L{out}/lib {flags}"),
    );
    project.variable("out", out);
    project
}

/// How often a linker runs where a project is built with the cache; the bytes are those without it.
#[track_caller]
fn links(case: &Case, project: &Project) -> usize {
    let plain = case.world.plain(project);
    assert_eq!(plain.code, Some(0), "{}", plain.messages);
    let cached = case.world.cached(project);
    assert_eq!(cached.differences(&plain), "");
    assert!(cached.log.faults.is_empty(), "{:?}", cached.log.faults);
    let count = case.world.root().join("project/counted/links");
    fs::read(count).map_or(0, |lines| lines.len())
}

#[test]
fn in_another_derivation() {
    for arguments in [
        "-C linker-features=-lld -C debuginfo=2 -C link-arg=-Wl,--hash-style=both",
        "-C debuginfo=2 -C link-arg=-Wl,-O2",
        "-C linker-features=-lld -C strip=symbols",
        "-C lto=fat",
    ] {
        let case = counted(arguments).variable("bitcode", "");
        let project = case.project();
        let of = |name: &str| in_derivation(&project, name, "");
        for (name, expected) in [("a", 1), ("b", 0), ("longer", 1), ("langer", 0)] {
            assert_eq!(links(&case, &of(name)), expected, "{arguments}: {name}");
        }
    }
}

/// It is made again, in another derivation, and compared.
#[test]
fn verified() {
    let arguments = "-C linker=wrapper/bin/gcc -C link-arg=-Bwrapper/bin";
    let case = with_wrappers(program(arguments));
    let project = case.project();
    for (name, every, expected) in [("a", "0", Outcome::Miss), ("b", "1", Outcome::Hit)] {
        let mut project = in_derivation(&project, name, "");
        project.variable("NIX_SCCACHE_VERIFY", every);
        let ran = case.world.cached(&project);
        assert!(ran.log.faults.is_empty(), "{:?}", ran.log.faults);
        let found = ran.log.calls.iter().rev().find(|call| call.name == "p");
        assert_eq!(found.map(|call| &call.outcome), Some(&expected), "{name}");
    }
}

/// All that the linker reads and looks for counts.
#[test]
fn with_another_input_of_the_linker() {
    for features in ["-C linker-features=-lld", ""] {
        let arguments = format!("{features} -C link-arg=version.ld");
        let case = counted(&arguments).file("version.ld", "VERSION { A { global: main; }; };");
        let project = case.project();
        assert_eq!(links(&case, &in_derivation(&project, "a", "")), 1);
        let changed = |change: fn(&mut Project)| {
            let mut project = project.clone();
            change(&mut project);
            project
        };
        for (what, project, flags) in [
            (
                "a library",
                changed(|project| project.script("-DM=1", "-DM=2")),
                "",
            ),
            (
                "a library that comes earlier",
                changed(|project| {
                    project.script("-DM=1; ", "-DM=1; archive other/libm.a m.c -DM=3; ");
                }),
                "",
            ),
            (
                "a shared one",
                changed(|project| {
                    project.script(
                        "-DM=1; ",
                        "-DM=1; command cc -shared -fPIC -DM=4 m.c -o n/libm.so; export LD_LIBRARY_PATH=$PWD/n; ",
                    );
                }),
                "",
            ),
            (
                "a version script",
                changed(|project| {
                    project.file("version.ld", "VERSION { B { global: main; }; };");
                }),
                "",
            ),
            ("a flag", changed(|_| ()), "--defsym=v=1"),
            ("a run path", changed(|_| ()), "-rpath /of/another/lib"),
        ] {
            let what = format!("{what} {features}");
            assert_eq!(
                links(&case, &in_derivation(&project, "b", flags)),
                1,
                "{what}"
            );
        }
        assert_eq!(links(&case, &in_derivation(&project, "d", "")), 0, "back");
    }
}

/// There the output is in more than a run path, or what is made of it.
#[test]
fn where_the_output_decides_more() {
    for (arguments, flags) in [
        // A digest of the whole file, or a random number.
        ("-C link-arg=-Wl,--build-id=sha1", ""),
        (
            "-C linker-features=-lld -C link-arg=-Wl,--build-id=sha1",
            "",
        ),
        // A name of the dynamic section is the end of the run path in one of two derivations.
        ("-C linker-features=-lld", "-rpath-link /x --soname=a/lib"),
        ("-C linker-features=-lld", "--soname=$out"),
    ] {
        let case = counted(arguments);
        let project = case.project();
        for name in ["a", "b", "b"] {
            let out = in_derivation(&project, name, "");
            let out = out
                .variables
                .get("out")
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let project = in_derivation(&project, name, &flags.replace("$out", &out));
            assert_eq!(links(&case, &project), 1, "{arguments} {flags}: {name}");
        }
    }
}

/// What it says has the names of files of this one run.
#[test]
fn where_a_linker_warns() {
    const WARNS: &str = "int m(void) { return M; } static const char w[] __attribute__((section(\".gnu.warning.m\"))) = \"m is old\";";
    let case = counted("-C linker-features=-lld").file("m.c", WARNS);
    let project = case.project();
    for name in ["a", "b"] {
        assert_eq!(links(&case, &in_derivation(&project, name, "")), 1);
    }
}

/// Without a path of the derivation's own in it a build id is what it was.
#[test]
fn with_a_build_id() {
    for (style, expected) in [("sha1", 0), ("uuid", 1)] {
        let arguments = format!("-C linker-features=-lld -C link-arg=-Wl,--build-id={style}");
        let mut case = counted(&arguments);
        if style == "uuid" {
            case = case.ignore("target/p-p");
        }
        let project = case.project();
        assert_eq!(links(&case, &project), 1);
        assert_eq!(links(&case, &project), expected, "{style}");
    }
}

/// Tests, libraries, and several files at once.
#[test]
fn libraries_and_harnesses() {
    const C: &str = "#[unsafe(no_mangle)] pub extern \"C\" fn c() -> i32 { 7 } #[test] fn t() {}";
    for line in [
        "crate c cdylib dep-info,link",
        "crate c dylib dep-info,metadata,link -C prefer-dynamic",
        "crate c staticlib,cdylib,rlib dep-info,metadata,link",
        "crate c bin dep-info,link --test",
        "CARGO_PRIMARY_PACKAGE=1 crate m proc-macro dep-info,link --extern proc_macro -C prefer-dynamic",
    ] {
        let script =
            format!("{line} -C linker=./cc -C link-arg=-Bwrapper/bin -C incremental=counted");
        let case = with_wrappers(crate::case::case(&script))
            .ignore("counted")
            // Where rustc keeps what it has compiled its objects have random names.
            .ignore("libc-c.a")
            .ignore("libc-c.rlib")
            .with(|project| project.program("cc", COUNTS))
            .file("src/c.rs", C)
            .file("src/m.rs", "extern crate proc_macro; #[proc_macro] pub fn m(i: proc_macro::TokenStream) -> proc_macro::TokenStream { i }");
        let project = case.project();
        for (name, expected) in [("a", 1), ("b", 0)] {
            let project = in_derivation(&project, name, "");
            assert_eq!(links(&case, &project), expected, "{line}: {name}");
        }
    }
}

/// The macro is known by all but its run path, which is in a copy of it as well.
#[test]
fn where_a_macro_is_copied() {
    const LINKER: &str = "-C linker=./cc -C link-arg=-Bwrapper/bin";
    let script = format!("proc_macro m {LINKER}; bin q --extern m=target/libm-m.so {LINKER}");
    let case = with_wrappers(crate::case::case(&script))
        .ignore("counted")
        .with(|project| project.program("cc", COUNTS))
        .file("src/q.rs", "m::m!(); fn main() { println!(\"{:?}\", &include_bytes!(\"../target/libm-m.so\")[..]); }")
        .file("src/m.rs", "extern crate proc_macro; #[proc_macro] pub fn m(i: proc_macro::TokenStream) -> proc_macro::TokenStream { i }");
    let project = case.project();
    for name in ["a", "b"] {
        links(&case, &in_derivation(&project, name, ""));
    }
}
