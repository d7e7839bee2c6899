//! The library does not show in what programs know of their environment.

use nix_sccache_tests::{built, stdout_of};
use nix_sccache_trace_format::{self as format, Kind};

use crate::{Place, TraceFile, traced};

#[test]
fn programs_see_the_environment_that_they_were_given() {
    let place = Place::new();
    let chain = "env; /usr/bin/env; printenv; exec bash -c 'env; exec env'";
    for (program, arguments) in [
        ("env", vec![]),
        ("printenv", vec![]),
        ("bash", vec!["-c", chain]),
        (
            "perl",
            vec!["-e", "print map { \"$_=$ENV{$_}\\n\" } sort keys %ENV"],
        ),
        ("python3", vec!["-c", "import os; print(os.environ)"]),
    ] {
        let command = || {
            let mut command = place.command(program);
            command
                .args(&arguments)
                .env("BEFORE", "1")
                .env("ZULU", "last");
            command
        };
        let bare = stdout_of(&mut command());
        let trace = traced(&mut command());
        trace.noted();
        assert_eq!(trace.stdout(), bare);
        assert!(bare.contains("ZULU"));
    }
}

#[test]
fn an_environment_that_a_program_makes_is_kept() {
    let place = Place::new();
    let trace = place.trace_of("empty-environment");
    assert_eq!(trace.stdout(), "");
    assert_eq!(trace.started()[1], "env");
    // More than there is room for on the stack.
    let trace = place.trace_of("many-variables");
    assert_eq!(trace.stdout().lines().count(), 3000);
    assert_eq!(trace.started()[1], "env");
}

/// A library that says that it was loaded, to the standard error, in a place.
fn other_library(place: &Place) -> String {
    place.write(
        "other.c",
        "#include <unistd.h>\n__attribute__((constructor)) static void f(void) { write(2, \"loaded\\n\", 7); }",
    );
    stdout_of(
        place
            .command("gcc")
            .args(["-shared", "-fPIC", "-o", "other.so", "other.c"]),
    );
    place.file("other.so")
}

#[test]
fn what_was_preloaded_before_stays() {
    let place = Place::new();
    let other = other_library(&place);
    let file = TraceFile::new(format::CAPACITY);
    let mut command = place.command("bash");
    command.args(["-c", "echo $LD_PRELOAD; exec printenv LD_PRELOAD"]);
    file.add_to(&mut command, Some(&other));
    let output = command.output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{other}\n{other}\n")
    );
    // In both programs.
    assert_eq!(String::from_utf8_lossy(&output.stderr), "loaded\nloaded\n");
    let records = file.records().unwrap();
    let starts = records.iter().filter(|it| it.event.kind == Kind::Start);
    assert_eq!(starts.count(), 2);
}

#[test]
fn a_program_that_sets_and_unsets_it_is_traced() {
    let place = Place::new();
    let other = other_library(&place);
    let script = format!(
        "LD_PRELOAD={other} printenv LD_PRELOAD; export LD_PRELOAD=; printenv LD_PRELOAD; unset LD_PRELOAD; printenv LD_PRELOAD; true"
    );
    let trace = traced(place.command("bash").args(["-c", &script]));
    assert_eq!(trace.stdout(), format!("{other}\n\n"));
    assert_eq!(
        trace.started(),
        ["bash", "printenv", "printenv", "printenv"]
    );
    assert_eq!(String::from_utf8_lossy(&trace.output.stderr), "loaded\n");
}

#[test]
fn a_trace_in_a_trace_is_in_both() {
    let place = Place::new();
    let inner = TraceFile::new(format::CAPACITY);
    let script = format!(
        "LD_PRELOAD={} {}={} cat input; cat input >/dev/null",
        built(format::LIBRARY).display(),
        format::VARIABLE,
        inner.path().display()
    );
    let outer = traced(place.command("bash").args(["-c", &script]));
    assert_eq!(outer.started(), ["bash", "cat", "cat"]);
    let records = inner.records().unwrap();
    let starts: Vec<_> = records
        .iter()
        .filter(|it| it.event.kind == Kind::Start)
        .collect();
    assert_eq!(starts.len(), 1);
    assert!(
        records
            .iter()
            .any(|it| it.event.kind == Kind::Read && it.name == place.file("input"))
    );
}
