//! Traces of rustc, gcc and bash have what these went by.

use nix_sccache_tests::{rustc, stdout_of};
use nix_sccache_trace_format::{FileType, Kind};

use crate::{Place, traced, type_of};

#[test]
fn rustc_with_what_a_procedural_macro_reads() {
    let place = Place::new();
    place.write(
        "look/lib.rs",
        r#"
            extern crate proc_macro;
            #[proc_macro]
            pub fn look(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
                let length = std::fs::read_to_string("data.txt").unwrap().len();
                let count = std::fs::read_dir("listed").unwrap().count();
                let value = std::env::var("MACROS_OWN").unwrap_or_default().len();
                format!("pub const N: usize = {};", length + count + value).parse().unwrap()
            }
        "#,
    );
    place.write("data.txt", "data");
    place.write("listed/one", "");
    place.write(
        "src/main.rs",
        "look::look!(); mod foo; fn main() { println!(\"{N} {:?}\", option_env!(\"OPTIONAL\")); }",
    );
    place.write("src/foo.rs", "");
    let mut library = place.command(rustc());
    library.args(["--edition=2021", "--crate-type=proc-macro", "look/lib.rs"]);
    stdout_of(library.arg("--crate-name=look"));
    let mut main = place.command(rustc());
    main.args(["--edition=2021", "--extern=look=liblook.so", "src/main.rs"]);
    main.args(["-o", "main"]);
    let trace = traced(&mut main);

    let read = trace.below(&place.path, Kind::Read);
    for name in ["src/main.rs", "src/foo.rs", "liblook.so", "data.txt"] {
        assert!(read.contains(name), "{name} is not in {read:#?}");
    }
    assert!(
        trace
            .absent(Kind::Look)
            .contains(place.file("src/foo/mod.rs").as_str())
    );
    assert!(trace.below(&place.path, Kind::List).contains("listed"));
    let variables = trace.names(Kind::Variable);
    assert!(variables.is_superset(&["MACROS_OWN", "OPTIONAL", "RUSTC_BOOTSTRAP"].into()));
    // Asked for before any constructor.
    assert!(variables.contains("MALLOC_CONF"));
    assert!(trace.below(&place.path, Kind::Load).contains("liblook.so"));
    // rustc starts the linker by fork and execvp, with a PATH of its own.
    assert!(trace.started().contains(&"rustc"));
    assert!(trace.started().iter().any(|name| name.contains("ld")));
    assert!(
        trace
            .absent(Kind::Look)
            .iter()
            .any(|name| name.ends_with("/bin/self-contained/cc") || name.ends_with("/bin/cc"))
    );
    // The linker writes beside, and renames.
    let renamed: Vec<_> = trace.with(Kind::Rename, 0).map(|it| &it.second).collect();
    assert!(
        renamed.contains(&&place.file("main"))
            || trace.below(&place.path, Kind::Write).contains("main")
    );
    assert_eq!(
        stdout_of(&mut place.command(place.path.join("main"))),
        "5 None\n"
    );
}

#[test]
fn a_macro_that_enumerates_the_environment_is_told() {
    let place = Place::new();
    let macro_of = |body: &str| {
        format!(
            "extern crate proc_macro; #[proc_macro] \
             pub fn look(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{ {body} }}"
        )
    };
    let enumerates =
        macro_of("format!(\"const N: usize = {};\", std::env::vars().count()).parse().unwrap()");
    let does_not = macro_of("\"const N: usize = 1;\".parse().unwrap()");
    place.write("user.rs", "look::look!(); pub fn n() -> usize { N }");
    for (source, is_told) in [(enumerates, true), (does_not, false)] {
        place.write("look.rs", &source);
        let mut library = place.command(rustc());
        stdout_of(library.args(["--edition=2021", "--crate-type=proc-macro", "look.rs"]));
        let mut user = place.command(rustc());
        user.args([
            "--edition=2021",
            "--crate-type=rlib",
            "--extern=look=liblook.so",
        ]);
        let trace = traced(user.arg("user.rs"));
        let told = trace.names(Kind::Environment);
        assert_eq!(
            told.contains(place.file("liblook.so").as_str()),
            is_told,
            "{told:?}"
        );
    }
}

#[test]
fn gcc_with_what_it_did_not_find() {
    let place = Place::new();
    place.write("found/v.h", "int v(void);");
    place.write("first/other.h", "");
    place.write("blob", "blob");
    place.write("arguments", "-Ifirst -Ifound");
    place.write(
        "m.c",
        "#include \"v.h\"\n#if __has_include(\"opt.h\")\n#endif\n\
         __asm__(\".incbin \\\"blob\\\"\");\nint v(void) { return 1; }\n",
    );
    let mut gcc = place.command("gcc");
    let trace = traced(gcc.args(["-c", "m.c", "@arguments", "-o", "m.o"]));
    let read = trace.below(&place.path, Kind::Read);
    for name in ["m.c", "found/v.h", "blob", "arguments"] {
        assert!(read.contains(name), "{name} is not in {read:#?}");
    }
    let absent = trace.absent(Kind::Read);
    for name in ["first/v.h", "opt.h", "first/opt.h", "found/opt.h"] {
        assert!(
            absent.contains(place.file(name).as_str()),
            "{name} is not in {absent:#?}"
        );
    }
    let looked = trace.absent(Kind::Look);
    assert!(looked.contains(place.file("m.c.gch").as_str()));
    assert!(trace.below(&place.path, Kind::Write).contains("m.o"));
    assert_eq!(
        type_of(&trace, Kind::Look, &place.file("found")),
        Some(FileType::Directory)
    );
    // The compiler and the assembler are started by vfork and exec.
    let started = trace.started();
    assert!(started.contains(&"cc1"), "{started:?}");
    assert!(
        started.iter().any(|name| name.ends_with("as")),
        "{started:?}"
    );
    assert_eq!(trace.with(Kind::Fork, 0).count(), 2);
}

#[test]
fn a_linker_with_the_directories_that_it_searches() {
    let place = Place::new();
    place.write("f.c", "int f(void) { return 0; }");
    place.write("m.c", "int f(void); int main(void) { return f(); }");
    place.write("first/empty", "");
    place.write("second/empty", "");
    stdout_of(place.command("gcc").args(["-c", "f.c", "-o", "f.o"]));
    stdout_of(place.command("ar").args(["cr", "second/libf.a", "f.o"]));
    let mut gcc = place.command("gcc");
    let trace = traced(gcc.args(["m.c", "-Lfirst", "-Lsecond", "-lf", "-o", "m"]));
    assert!(
        trace
            .below(&place.path, Kind::Read)
            .contains("second/libf.a")
    );
    let looked = trace.absent(Kind::Look);
    for name in ["first/libf.so", "first/libf.a", "second/libf.so"] {
        assert!(
            looked.contains(place.file(name).as_str()),
            "{name} is not in {looked:#?}"
        );
    }
    assert!(trace.below(&place.path, Kind::Write).contains("m"));
}

#[test]
fn bash_with_globs_tests_and_redirections() {
    let place = Place::new();
    place.write("globbed/a.x", "");
    place.write("sourced", "sourced=yes");
    let script = "[ -e absent ]; [ -f input ]; echo globbed/*.x; text=$(<input); . ./sourced; echo \"$text\" >made; exit 0";
    let trace = traced(place.command("bash").args(["-c", script]));
    assert_eq!(trace.stdout(), "globbed/a.x\n");
    assert!(
        trace
            .absent(Kind::Look)
            .contains(place.file("absent").as_str())
    );
    assert_eq!(
        type_of(&trace, Kind::Look, &place.file("input")),
        Some(FileType::File)
    );
    assert!(trace.below(&place.path, Kind::List).contains("globbed"));
    let read = trace.below(&place.path, Kind::Read);
    assert!(
        read.contains("input") && (read.contains("sourced") || read.contains("./sourced")),
        "{read:?}"
    );
    assert!(trace.below(&place.path, Kind::Write).contains("made"));
}

#[test]
fn programs_that_start_programs() {
    let place = Place::new();
    place.write("m.c", "int main(void) { return 0; }");
    place.write("script", "#!/bin/sh\nexec env gcc -c m.c -o m.o\n");
    place.make_executable("script");
    let mut bash = place.command("bash");
    let trace = traced(bash.args(["-c", "./script && /usr/bin/env cat input"]));
    let started: Vec<_> = trace.started();
    assert_eq!(started[0], "bash");
    for program in ["env", "cc1", "cat"] {
        assert!(
            started.contains(&program),
            "{program} is not in {started:?}"
        );
    }
    // Each program that a process is to become has its start.
    let executed: Vec<_> = trace
        .with(Kind::Execute, 0)
        .map(|it| it.event.pid)
        .collect();
    let starts: Vec<_> = trace.with(Kind::Start, 0).map(|it| it.event.pid).collect();
    // dash tries each directory of PATH, and it says so when it failed.
    let failed = trace.noted().iter();
    let failed = failed.filter(|it| it.event.kind == Kind::Execute && it.event.errno != 0);
    assert_eq!(starts.len(), executed.len() - failed.count() + 1);
    assert!(executed.iter().all(|pid| starts.contains(pid)));
    assert!(trace.below(&place.path, Kind::Execute).contains("script"));
    // env searches for gcc.
    assert!(trace.absent(Kind::Look).contains("/absent/gcc"));
}

/// Programs that a machine has and that are not compilers have their own ways to use libc.
#[test]
fn a_build_by_make_and_python() {
    let place = Place::new();
    place.write(
        "Makefile",
        "all:\n\tpython3 -c 'import os; print(os.listdir(\"listed\"))'\n",
    );
    place.write("listed/one", "");
    let mut make = place.command("make");
    let trace = traced(make.env("PYTHONDONTWRITEBYTECODE", "1"));
    assert!(trace.below(&place.path, Kind::Read).contains("Makefile"));
    assert!(trace.below(&place.path, Kind::List).contains("listed"));
    assert!(trace.stdout().contains("['one']"));
}
