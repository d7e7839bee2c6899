//! Libraries of C that go into libraries of Rust, and how they are found.

use crate::case::{Case, Expected, case};

const SOURCE: &str = "unsafe extern \"C\" { fn n() -> i32; } pub fn f() -> i32 { unsafe { n() } }";
const LINKED: &str = "#[link(name = \"n\", kind = \"static\")] unsafe extern \"C\" { fn n() -> i32; } pub fn f() -> i32 { unsafe { n() } }";
const PROGRAM: &str = "fn main() { println!(\"{}\", a::f()); }";

/// A library of Rust, which a program then uses, and the C that it takes in.
fn of(script: &str) -> Case {
    case(script)
        .about("a")
        .file("n.c", "int n(void) { return N; }")
        .file("src/a.rs", SOURCE)
        .file("src/p.rs", PROGRAM)
}

const ARCHIVE: &str = "mkdir n other; archive n/libn.a n.c -DN=1; ";
const THEN: &str = "; bin p --extern a=target/liba-a.rlib -L native=n; ./target/p-p";

fn script(of_library: &str) -> String {
    format!("{ARCHIVE}{of_library}{THEN}")
}

#[test]
fn an_archive_by_an_argument() {
    for kind in [
        "static",
        "static:+whole-archive",
        "static:-whole-archive",
        "static:+bundle",
        "static:-bundle",
        "static:-bundle,+whole-archive",
    ] {
        let expected = if kind.contains("-bundle") {
            // The program alone reads it.
            Expected::Anything
        } else {
            Expected::Miss
        };
        of(&script(&format!("lib a -L native=n -l {kind}=n")))
            .when(expected, |project| project.script("-DN=1", "-DN=2"))
            .check();
    }
}

#[test]
fn an_archive_with_all_of_its_name() {
    of(&script("lib a -L native=n -l static:+verbatim=libn.a"))
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
    of(&script("lib a -L native=n -l static=n:m; true").replace(THEN, ""))
        .right_when(|project| project.script("-DN=1", "-DN=2"))
        .first(Expected::Anything, Expected::Anything);
}

#[test]
fn an_archive_that_the_source_names() {
    of(&script("lib a -L native=n"))
        .file("src/a.rs", LINKED)
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
    of(&script("lib a -L n"))
        .file("src/a.rs", LINKED)
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
    of(&script("lib a -L all=$PWD/n"))
        .file("src/a.rs", LINKED)
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}

/// Another name for it in the arguments than in the source.
#[test]
fn an_archive_that_is_renamed() {
    of("mkdir n; archive n/libm.a n.c -DN=1; lib a -L native=n -l static=n:m; bin p --extern a=target/liba-a.rlib -L native=n; ./target/p-p")
        .file("src/a.rs", LINKED)
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}

#[test]
fn an_archive_below_two_libraries() {
    of(&format!(
        "{ARCHIVE}lib a -L native=n -l static=n; lib b --extern a=target/liba-a.rmeta; \
         bin p --extern b=target/libb-b.rlib; ./target/p-p"
    ))
    .file("src/b.rs", "pub fn g() -> i32 { a::f() }")
    .file("src/p.rs", "fn main() { println!(\"{}\", b::g()); }")
    .misses_when(|project| project.script("-DN=1", "-DN=2"))
    .check();
}

#[test]
fn an_archive_appears_in_an_earlier_directory() {
    of(&script("lib a -L native=other -L native=n -l static=n"))
        .misses_when(|project| {
            project.script(
                ARCHIVE,
                &format!("{ARCHIVE}archive other/libn.a n.c -DN=2; "),
            );
        })
        .check();
    of(&script("lib a -L native=other -L native=n"))
        .file("src/a.rs", LINKED)
        .misses_when(|project| {
            project.script(
                ARCHIVE,
                &format!("{ARCHIVE}archive other/libn.a n.c -DN=2; "),
            );
        })
        .check();
}

#[test]
fn directories_are_searched_in_another_order() {
    let both = format!("{ARCHIVE}archive other/libn.a n.c -DN=2; ");
    of(&format!(
        "{both}lib a -L native=n -L native=other -l static=n{THEN}"
    ))
    .misses_when(|project| {
        project.script("-L native=n -L native=other", "-L native=other -L native=n");
    })
    .check();
}

/// It is found as `libn.a`, and as `n.lib` or `n.a` where another platform's way is looked for.
#[test]
fn a_shared_library_beside_it() {
    for kind in ["", "static=", "dylib="] {
        of(&script(&format!("lib a -L native=n -l {kind}n")))
            .first(Expected::Miss, Expected::Hit)
            .right_when(|project| {
                project.script(
                    ARCHIVE,
                    &format!("{ARCHIVE}command cc -shared -fPIC -DN=3 n.c -o n/libn.so; export LD_LIBRARY_PATH=$PWD/n; "),
                );
            })
            .right_when(|project| project.script("-DN=1", "-DN=2"))
            .check();
    }
}

#[test]
fn an_archive_that_is_a_link() {
    let link =
        "mkdir n; archive one.a n.c -DN=1; archive two.a n.c -DN=2; ln -s ../one.a n/libn.a; ";
    of(&format!("{link}lib a -L native=n -l static=n{THEN}"))
        .misses_when(|project| project.script("ln -s ../one.a", "ln -s ../two.a"))
        .fails_when(|project| project.script("ln -s ../one.a", "ln -s ../three.a"))
        .check();
}

/// What it holds is beside it.
#[test]
fn a_thin_archive() {
    of(&format!(
        "mkdir n; command cc -c n.c -o n/n.o -DN=1; (cd n; ar rcDT libn.a n.o); lib a -L native=n -l static=n{THEN}"
    ))
    .first(Expected::Anything, Expected::Anything)
    .right_when(|project| project.script("-DN=1", "-DN=2"))
    .check();
}

#[test]
fn members_of_an_archive() {
    let two = "mkdir n; command cc -c n.c -o one.o -DN=1; command cc -c m.c -o two.o; ar rcD n/libn.a one.o two.o; ";
    of(&format!("{two}lib a -L native=n -l static=n{THEN}"))
        .file("m.c", "int m(void) { return 1; }")
        .misses_when(|project| project.script("libn.a one.o two.o", "libn.a two.o one.o"))
        .misses_when(|project| {
            project.script("-o two.o", "-o three.o");
            project.script("one.o two.o", "one.o three.o");
        })
        .misses_when(|project| project.script(" one.o two.o", " one.o"))
        .check();
}

/// Relative to where rustc is called, and through a directory that is a link.
#[test]
fn the_directory_of_an_archive() {
    of("mkdir -p one two; archive one/libn.a n.c -DN=1; archive two/libn.a n.c -DN=2; ln -s one n; lib a -L native=n -l static=n; bin p --extern a=target/liba-a.rlib -L native=n; ./target/p-p")
        .misses_when(|project| project.script("ln -s one n", "ln -s two n"))
        .check();
}

#[test]
fn variables_of_linkers() {
    of(&script("lib a -L native=n -l static=n"))
        .right_when(|project| project.variable("LIBRARY_PATH", "other"))
        .right_when(|project| project.variable("LLD_VERSION", "other"))
        .right_when(|project| project.variable("LD_RUN_PATH", "/nowhere"))
        .check();
}

/// It holds what the library takes in.
#[test]
fn a_staticlib_with_an_archive() {
    of(&format!("{ARCHIVE}crate a staticlib dep-info,link -L native=n -l static=n"))
        .file(
            "src/a.rs",
            "unsafe extern \"C\" { fn n() -> i32; } #[unsafe(no_mangle)] pub extern \"C\" fn f() -> i32 { unsafe { n() } }",
        )
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}

/// Outputs of build scripts: the archive is in `OUT_DIR`, whose name may be another.
#[test]
fn an_archive_in_the_directory_of_a_build_script() {
    of("mkdir -p target/build/a-1/out; archive target/build/a-1/out/libn.a n.c -DN=1; OUT_DIR=$PWD/target/build/a-1/out lib a -L native=$PWD/target/build/a-1/out -l static=n; bin p --extern a=target/liba-a.rlib; ./target/p-p")
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}
