//! The traces have every path that strace sees, but for those that a documented list names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{rustc, stdout_of};
use nix_sccache_trace_format as format;

use crate::{Place, TraceFile};

/// What the kernel was asked for by paths: absolute, or `./` and one from the directory that the process is in. Of a
/// process only from when it has the trace's file on: before, the dynamic linker looks for libraries, and those that
/// it loaded are noted.
fn paths(log: &str, file: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut linked = BTreeSet::new();
    for line in log.lines() {
        // PID CALL(DIRECTORY<PATH>, "PATH", …
        let Some((pid, call)) = line.split_once(' ') else {
            continue;
        };
        let Some((name, arguments)) = call.trim_start().split_once('(') else {
            continue;
        };
        let Some((before, rest)) = arguments.split_once('"') else {
            continue;
        };
        let Some((path, result)) = rest.split_once('"') else {
            continue;
        };
        if path == file {
            linked.remove(pid);
            continue;
        }
        if linked.contains(pid) {
            continue;
        }
        if name == "execve" && !result.contains("= -1") {
            linked.insert(pid.to_owned());
        }
        // `realpath` reads each link on the way and looks at directories before `..`, and its answer is noted.
        let of_realpath = name == "readlink" || name == "faccessat2" && path.ends_with('/');
        // The first program is strace's to start.
        let is_first = linked.len() == 1 && found.is_empty();
        if path.is_empty() || of_realpath || name == "getcwd" || is_first {
            continue;
        }
        let directory = before
            .split_once('<')
            .and_then(|(_, it)| it.split_once('>'));
        found.insert(match (path.starts_with('/'), directory) {
            (true, _) => path.to_owned(),
            (false, Some((directory, _))) => format!("{directory}/{path}"),
            (false, None) => format!("./{path}"),
        });
    }
    found
}

/// Whether a path needs not be in a trace.
fn is_left_out(path: &str) -> bool {
    let kernels = ["/proc", "/dev", "/sys"];
    // What libc reads for itself, by LC_ALL and for users' names.
    let libcs = [
        "/usr/lib/locale",
        "/usr/share/locale",
        "/etc/nsswitch.conf",
        "/etc/passwd",
    ];
    let mut left_out = kernels.iter().chain(&libcs);
    left_out.any(|it| Path::new(path).starts_with(it))
}

/// Runs a program under both, and compares.
fn sees_what_strace_sees(place: &Place, program: &Path, arguments: &[&str]) {
    let file = TraceFile::new(format::CAPACITY);
    let mut settings = Command::new("true");
    file.add_to(&mut settings, None);
    let mut strace = place.command("strace");
    strace.args([
        "-f",
        "-y",
        "-s",
        "4096",
        "-e",
        "trace=%file",
        "-o",
        "strace.log",
    ]);
    for (name, value) in settings.get_envs() {
        let setting = format!("{}={}", name.display(), value.unwrap_or_default().display());
        strace.args(["-E", &setting]);
    }
    stdout_of(strace.arg(program).args(arguments));
    let noted = file.records().unwrap();
    let names: BTreeSet<_> = noted
        .iter()
        .flat_map(|it| [it.name.as_str(), it.second.as_str()])
        .collect();
    let trace = file.path().display().to_string();
    let log = fs::read_to_string(place.path.join("strace.log")).unwrap();
    let seen = paths(&log, &trace);
    assert!(seen.len() > 10, "{seen:?}");
    let has = |path: &String| match path.strip_prefix('.') {
        // In a directory that only the process knows.
        Some(relative) => names.iter().any(|it| it.ends_with(relative)),
        None => names.contains(path.as_str()),
    };
    let missing: Vec<_> = seen
        .iter()
        .filter(|path| !has(path) && !is_left_out(path))
        .collect();
    assert!(missing.is_empty(), "not in the trace: {missing:#?}");
}

#[test]
fn of_rustc() {
    let place = Place::new();
    place.write(
        "main.rs",
        "mod foo; fn main() { println!(\"{}\", include_str!(\"input\")); }",
    );
    place.write("foo/mod.rs", "");
    sees_what_strace_sees(
        &place,
        &rustc(),
        &[
            "main.rs",
            "-Copt-level=2",
            "-Cincremental=incremental",
            "-g",
        ],
    );
}

#[test]
fn of_gcc() {
    let place = Place::new();
    place.write(
        "m.c",
        "#include <stdio.h>\n#include \"m.h\"\nint main(void) { return 0; }",
    );
    place.write("second/m.h", "");
    place.write("first/n.h", "");
    let gcc = Path::new("/usr/bin/gcc");
    sees_what_strace_sees(
        &place,
        gcc,
        &["-c", "-g", "-O2", "-MD", "-Ifirst", "-Isecond", "m.c"],
    );
    sees_what_strace_sees(
        &place,
        gcc,
        &["-g", "-O2", "-Ifirst", "-Isecond", "m.c", "-o", "m", "-lm"],
    );
    sees_what_strace_sees(&place, gcc, &["-flto", "-Isecond", "m.c", "-o", "m"]);
}

#[test]
fn of_shells() {
    let place = Place::new();
    place.write("d/a", "");
    let script = "for f in d/*; do [ -x $f ] || cat $f; done; cp -r d e; mv e f; ln -s f g; readlink -f g; rm -rf f g; mkdir -p h/i; touch h/i/j; test -d h";
    sees_what_strace_sees(&place, Path::new("/usr/bin/bash"), &["-c", script]);
    sees_what_strace_sees(&place, Path::new("/bin/sh"), &["-c", script]);
}
