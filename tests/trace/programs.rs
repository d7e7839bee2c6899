//! Each way in which a program does things with files and other programs is noted as what it is.

use nix_sccache_tests::stdout_of;
use nix_sccache_trace_format::{
    FileType, HOST, KEPT, Kind, LIMITS, NO_FOLLOW, PROCESSORS, RESOLVED, TIMES, UNAME,
};

use crate::{EACCES, ENOENT, Place, Traced, display, traced, type_of};

/// `program.c`, compiled for glibc and for musl.
fn of_each_libc(place: &Place, what: &str) -> [Traced; 2] {
    ["gcc", "musl-gcc"]
        .map(|compiler| traced(place.command(place.program(compiler, &[])).arg(what)))
}

#[test]
fn a_file_is_read_under_any_libc() {
    let place = Place::new();
    for (trace, libc) in of_each_libc(&place, "read")
        .iter()
        .zip(["libc.so.6", "ld-musl-"])
    {
        assert_eq!(
            type_of(trace, Kind::Read, &place.file("input")),
            Some(FileType::File)
        );
        let start = &trace.noted()[0];
        assert_eq!(start.event.kind, Kind::Start);
        assert_eq!(start.event.extra, std::process::id());
        assert!(start.name.starts_with(&display(&place.path)));
        let loaded = trace.names(Kind::Load);
        assert!(loaded.iter().any(|name| name.contains(libc)), "{loaded:?}");
    }
}

#[test]
fn what_is_written_is_told_from_what_is_read() {
    for compiler in ["gcc", "musl-gcc"] {
        let place = Place::new();
        let trace = traced(place.command(place.program(compiler, &[])).arg("writes"));
        let of = |kind: Kind, name: &str| -> Vec<u8> {
            let name = place.file(name);
            let found = trace.with(kind, 0).filter(|it| it.name == name);
            found.map(|it| it.event.flags).collect()
        };
        assert_eq!(of(Kind::Write, "new"), [0, KEPT]);
        assert_eq!(of(Kind::Write, "input"), [KEPT]);
        assert_eq!(of(Kind::Write, "stream"), [0]);
        assert_eq!(of(Kind::Write, "link"), [0]);
        assert_eq!(of(Kind::Write, "second"), [0]);
        // A link makes of a file's content another file's.
        assert_eq!(of(Kind::Read, "input"), [0]);
        assert_eq!(of(Kind::MakeDirectory, "directory"), [0]);
        assert_eq!(
            type_of(&trace, Kind::Look, &place.file("directory")),
            Some(FileType::Directory)
        );
        assert_eq!(of(Kind::List, "directory"), [0]);
        assert_eq!(of(Kind::Remove, "stream"), [0]);
        let renamed = trace.with(Kind::Rename, 0).next().unwrap();
        assert_eq!(renamed.name, place.file("new"));
        assert_eq!(renamed.second, place.file("directory/renamed"));

        let links = |flags| {
            trace
                .with(Kind::Link, 0)
                .find(move |it| it.event.flags == flags)
        };
        // The whole target, of which the program took four bytes.
        assert_eq!(links(0).unwrap().second, "directory/renamed");
        assert_eq!(
            links(RESOLVED).unwrap().second,
            place.file("directory/renamed")
        );
        assert_eq!(
            type_of(&trace, Kind::Look, &place.file("link")),
            Some(FileType::File)
        );

        let temporary = |kind| {
            let names = trace.below(&place.path, kind);
            names
                .into_iter()
                .find(|name| name.starts_with("temporary-"))
        };
        assert!(!temporary(Kind::Write).unwrap().contains("XXXXXX"));
        assert_eq!(temporary(Kind::Write), temporary(Kind::Remove));
    }
}

#[test]
fn a_link_itself_is_looked_at() {
    let place = Place::new();
    std::os::unix::fs::symlink("input", place.path.join("link")).unwrap();
    let trace = traced(place.command("ls").args(["-l", "link"]));
    let link = trace
        .with(Kind::Look, 0)
        .find(|it| it.event.flags == NO_FOLLOW)
        .unwrap();
    assert_eq!(link.event.file_type(), Some(FileType::Symlink));
    assert_eq!(link.name, place.file("link"));
}

/// By each function that tells it, and not those that measure.
#[test]
fn who_asks_for_the_time_is_told() {
    let place = Place::new();
    for trace in of_each_libc(&place, "clocks") {
        let program = &trace.noted()[0].name;
        let asked: Vec<_> = trace.with(Kind::Clock, 0).collect();
        let times: Vec<_> = asked.iter().map(|it| it.event.flags).collect();
        assert_eq!(times, [1, 2, 3, 4, 5, 6]);
        assert!(asked.iter().all(|it| it.name == *program));
        let (by_call, by_function) = asked.split_last().unwrap();
        assert!(by_function.iter().all(|it| it.second == *program));
        assert_eq!(by_call.second, "");
    }
    for trace in of_each_libc(&place, "stopwatch") {
        assert_eq!(trace.with(Kind::Clock, 0).count(), 0);
    }
}

/// By each function that tells of the machine.
#[test]
fn who_asks_what_the_machine_is_is_told() {
    let place = Place::new();
    for trace in of_each_libc(&place, "machine") {
        let program = &trace.noted()[0].name;
        let asked: Vec<_> = trace.with(Kind::Machine, 0).collect();
        let words: Vec<_> = asked.iter().map(|it| it.name.as_bytes()).collect();
        assert_eq!(words, [UNAME, HOST, PROCESSORS, LIMITS]);
        assert!(
            asked
                .iter()
                .all(|it| it.second == *program && it.event.flags == 0)
        );
    }
    for trace in of_each_libc(&place, "stopwatch") {
        assert_eq!(trace.with(Kind::Machine, 0).count(), 0);
    }
}

/// Often, by a library that was loaded meanwhile, and by copies of the process.
#[test]
fn who_asks_often_is_told_once() {
    let place = Place::new();
    place.write(
        "l.c",
        "#include <time.h>\nvoid f(void) { for (int i = 0; i < 1000; i++) time(0); }",
    );
    place.write(
        "a.c",
        "#include <dlfcn.h>\n#include <time.h>\n#include <unistd.h>\n#include <sys/wait.h>\n\
         int main(void) { for (int i = 0; i < 1000; i++) time(0); void (*f)(void) = dlsym(dlopen(\"./l.so\", RTLD_NOW), \"f\"); f(); if (!fork()) f(); wait(0); return 0; }",
    );
    stdout_of(
        place
            .command("gcc")
            .args(["-shared", "-fPIC", "-o", "l.so", "l.c"]),
    );
    stdout_of(place.command("gcc").args(["-o", "a", "a.c"]));
    let trace = traced(&mut place.command(place.path.join("a")));
    let asked: Vec<_> = trace.with(Kind::Clock, 0).collect();
    let by = |name: &str| asked.iter().filter(|it| it.second.ends_with(name)).count();
    assert_eq!((by("/a"), by("/l.so")), (usize::from(TIMES), 1));
    // That it was loaded is noted before.
    let noted = trace.noted();
    let at = |kind: Kind, is: &dyn Fn(&str, &str) -> bool| {
        let mut found = noted.iter();
        found.position(|it| it.event.kind == kind && is(&it.name, &it.second))
    };
    let loaded = at(Kind::Load, &|name, _| name.ends_with("/l.so"));
    assert!(loaded.unwrap() < at(Kind::Clock, &|_, second| second.ends_with("/l.so")).unwrap());
}

/// What no key can hold.
#[test]
fn what_has_no_name_is_told() {
    let place = Place::new();
    for (what, expected) in [
        ("network", "the network"),
        ("link-out", "a link to ../elsewhere"),
        ("process-environment", "/proc/self/environ"),
    ] {
        for trace in of_each_libc(&place, what) {
            assert!(trace.names(Kind::Unnamed).contains(expected), "{what}");
        }
    }
    let trace = place.trace_of("socket");
    assert!(trace.names(Kind::Write).contains(&*place.file("socket")));
}

#[test]
fn programs_are_started_in_each_way() {
    let place = Place::new();
    for (what, count) in [("spawn", 2), ("vfork", 3), ("fork", 1)] {
        for trace in of_each_libc(&place, what) {
            let cats = trace
                .started()
                .iter()
                .filter(|name| name.ends_with("cat"))
                .count();
            assert_eq!(cats, count, "{what}");
            assert_eq!(trace.stdout(), "what is read\n".repeat(count));
            assert!(trace.absent(Kind::Look).contains("/absent/cat"), "{what}");
            assert!(trace.names(Kind::Variable).contains("PATH"));
            // Who was started is known by the number of its process.
            let child = if what == "spawn" {
                Kind::Spawn
            } else {
                Kind::Fork
            };
            let mut children: Vec<_> = trace.with(child, 0).map(|it| it.event.extra).collect();
            let mut started: Vec<_> = trace
                .with(Kind::Start, 0)
                .map(|it| it.event.pid)
                .skip(1)
                .collect();
            children.sort_unstable();
            started.sort_unstable();
            assert_eq!(children, started, "{what}");
        }
    }
}

#[test]
fn programs_that_cannot_be_started() {
    let place = Place::new();
    for trace in of_each_libc(&place, "exec-fails") {
        let executed = |errno| {
            let found = trace.with(Kind::Execute, errno).map(|it| it.name.clone());
            found.collect::<Vec<_>>()
        };
        assert_eq!(executed(ENOENT), [place.file("./absent")]);
        assert_eq!(executed(EACCES), [place.file("input")]);
        assert!(
            trace
                .absent(Kind::Look)
                .contains("/usr/bin/no-such-program")
        );
    }
}

#[test]
fn arguments_that_are_listed_arrive() {
    let place = Place::new();
    for trace in of_each_libc(&place, "lists") {
        // The second is of the shell that the environment was for.
        assert!(trace.stdout().contains("ONLY=this\n"), "{}", trace.stdout());
        assert!(!trace.stdout().contains("LD_PRELOAD"));
        assert!(trace.started().contains(&"env"));
        assert!(trace.started().contains(&"cat"));
    }
}

#[test]
fn system_calls_of_programs_are_noted() {
    let place = Place::new();
    for trace in of_each_libc(&place, "system-calls") {
        assert_eq!(
            type_of(&trace, Kind::Read, &place.file("input")),
            Some(FileType::File)
        );
        assert!(
            trace
                .absent(Kind::Read)
                .contains(place.file("absent").as_str())
        );
    }
}

#[test]
fn programs_of_an_old_glibc_look_at_files() {
    let place = Place::new();
    let trace = place.trace_of("old-stat");
    assert_eq!(
        type_of(&trace, Kind::Look, &place.file("input")),
        Some(FileType::File)
    );
    assert!(
        trace
            .absent(Kind::Look)
            .contains(place.file("absent").as_str())
    );
}

#[test]
fn an_address_that_is_none_is_an_error_as_ever() {
    let place = Place::new();
    for trace in of_each_libc(&place, "bad-pointer") {
        assert_eq!(trace.with(Kind::Start, 0).count(), 1);
    }
}

#[test]
fn what_cannot_be_followed_is_said() {
    let place = Place::new();
    for trace in of_each_libc(&place, "system") {
        assert!(trace.names(Kind::Unnamed).contains("system cat input"));
        assert_eq!(trace.stdout(), "what is read\n");
    }
    for trace in of_each_libc(&place, "descriptor") {
        assert!(
            trace
                .names(Kind::Unnamed)
                .iter()
                .any(|name| name.starts_with("/dev/fd/"))
        );
    }
    // A pipe has no content of its own.
    let mut bash = place.command("bash");
    let trace = traced(bash.args(["-c", "cat <(echo piped)"]));
    assert_eq!(trace.stdout(), "piped\n");
    assert_eq!(trace.names(Kind::Unnamed), [].into());
}

#[test]
fn threads_and_forks_at_once_lose_nothing() {
    let place = Place::new();
    for trace in of_each_libc(&place, "threads") {
        let absent = trace.absent(Kind::Read);
        for thread in 0..8 {
            for number in 0..200 {
                let name = place.file(&format!("absent-{thread}-{number}"));
                assert!(absent.contains(name.as_str()), "{name}");
            }
        }
        for child in 0..50 {
            assert!(absent.contains(place.file(&format!("child-{child}")).as_str()));
        }
        assert_eq!(trace.with(Kind::Fork, 0).count(), 50);
    }
}

#[test]
fn the_same_is_noted_once() {
    let place = Place::new();
    let mut program = place.command(place.program("gcc", &[]));
    let trace = traced(program.args(["read"; 20]));
    assert_eq!(trace.with(Kind::Read, 0).count(), 1);
}

#[test]
fn libraries_that_are_loaded_later_are_noted() {
    let place = Place::new();
    place.write("f.c", "int f(void) { return 0; }");
    for directory in ["by-path", "by-name"] {
        place.write(&format!("{directory}/empty"), "");
        let output = format!("{directory}/libf.so");
        stdout_of(place.command("gcc").args(["-shared", "-o", &output, "f.c"]));
    }
    let mut by_path = place.command(place.program("gcc", &[]));
    let trace = traced(by_path.arg("loads").env("LIBRARY", "./by-path/libf.so"));
    assert!(
        trace
            .below(&place.path, Kind::Load)
            .contains("by-path/libf.so")
    );
    assert_eq!(
        type_of(&trace, Kind::Look, &place.file("./by-path/libf.so")),
        Some(FileType::File)
    );

    // The dynamic linker searches in the directories that the caller was linked for, and not this library's.
    let flags = ["-Wl,--enable-new-dtags,-rpath,$ORIGIN/by-name"];
    let mut by_name = place.command(place.program("gcc", &flags));
    let trace = traced(by_name.arg("loads").env("LIBRARY", "libf.so"));
    assert!(
        trace
            .below(&place.path, Kind::Load)
            .contains("by-name/libf.so")
    );
}

#[test]
fn a_static_program_has_no_start() {
    let place = Place::new();
    let program = place.program("gcc", &["-static", "-DSTATIC"]);
    let script = format!("{}; true", display(&program));
    let trace = traced(
        place
            .command("bash")
            .args(["-c", &format!("{script} read")]),
    );
    assert!(
        trace
            .names(Kind::Execute)
            .contains(display(&program).as_str())
    );
    assert_eq!(trace.started(), ["bash"]);
}
