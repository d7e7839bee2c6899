//! The cache fails, and the build does not: [`table`] has what can go wrong in one call, and here
//! is what takes several.

pub mod meddler;
mod table;
mod world;

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_tests::damage::{Spot, Stored, flip, those};
use nix_sccache_tests::{Daemon, Library, Reported, library, reported, script, stdout_of};

use self::meddler::{Meddling, meddle};
use self::world::World;
use crate::{build, closed, shim};

/// The build is what it would be without a cache, and trouble was told once.
#[track_caller]
fn check(built: &Reported, library: &Library) {
    assert_eq!(built.code, Some(0), "{built:#?}");
    assert_eq!(built.troubles(), 1, "{built:#?}");
    assert!(built.report["cache_error"].is_object(), "{built:#?}");
    assert_eq!(
        stdout_of(&mut Command::new(library.program())),
        "hello 5 3\n"
    );
}

/// The daemon goes after the first crate, whose build says when that is.
#[test]
fn the_daemon_stopped_in_the_middle() {
    let (shim, mut daemon, library) = (shim(), Daemon::start(), library("hello"));
    library.clean();
    let mut run = shim.run(&daemon);
    run.current_dir(library.path());
    let script = "cargo build --release --offline -p base && touch middle && while [ -e middle ]; do sleep 0.05; done
                  exec cargo build --release --offline";
    let middle = library.path().join("middle");
    let built = thread::scope(|scope| {
        let build = scope.spawn(|| reported(run, ["sh", "-c", script]));
        while !middle.exists() && !build.is_finished() {
            thread::sleep(Duration::from_millis(20));
        }
        daemon.stop();
        fs::remove_file(&middle).ok();
        build.join().unwrap()
    });
    check(&built, &library);
    assert_eq!(built.hits_and_misses(), (0, 1), "{built:#?}");
}

/// A daemon that was restarted is found again.
#[test]
fn the_daemon_restarted_between_builds() {
    let (shim, mut daemon, library) = (shim(), Daemon::start(), library("hello"));
    build(shim.run(&daemon), &library);
    daemon.restart();
    let built = build(shim.run(&daemon), &library);
    assert_eq!(
        (built.code, built.hits_and_misses(), built.troubles()),
        (Some(0), (2, 0), 0),
        "{built:#?}"
    );
}

/// What takes long is not silent: the compiler may compile for as long as it likes.
#[test]
fn a_compilation_takes_longer_than_the_cache_may() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let slow = library.path().join("slow");
    let text =
        "#!/bin/sh\ncase \"$*\" in *--print*) ;; *--out-dir*) sleep 4 ;; esac\nexec \"$@\"\n";
    script(&slow, text);
    let mut run = shim.run(&daemon);
    run.env("NIX_SCCACHE_TIMEOUT", "2")
        .env("RUSTC_WORKSPACE_WRAPPER", &slow);
    let built = build(run, &library);
    assert_eq!(
        (built.code, built.troubles(), built.hits_and_misses()),
        (Some(0), 0, (0, 2)),
        "{built:#?}"
    );
}

/// Nor is it that many compile at once.
#[test]
fn more_calls_than_processors() {
    let (shim, folder) = (shim(), tempfile::tempdir().unwrap());
    let slow = folder.path().join("gcc");
    let text = "#!/bin/sh\ncase \"$*\" in *-E*|*/dev/null*) ;; *.o*) sleep 2 ;; esac\nexec /usr/bin/gcc \"$@\"\n";
    script(&slow, text);
    let processors = u32::try_from(thread::available_parallelism().unwrap().get()).unwrap();
    let calls = 4 * processors;
    let mut build = String::new();
    for call in 0..calls {
        fs::write(
            folder.path().join(format!("{call}.c")),
            format!("int a{call};\n"),
        )
        .unwrap();
        let (sccache, slow) = (shim.program("sccache"), slow.display());
        writeln!(
            build,
            "{} {slow} -c {call}.c -o {call}.o &",
            sccache.display()
        )
        .unwrap();
    }
    let mut run = shim.run_with("ephemeral");
    run.current_dir(folder.path())
        .env("NIX_SCCACHE_TIMEOUT", "3");
    let built = reported(run, ["sh", "-c", &format!("{build}wait")]);
    assert!(
        built.report["miss_seconds"].as_f64().unwrap() > 2.0 * f64::from(calls),
        "{built:#?}"
    );
    assert_eq!(
        (built.troubles(), built.count("misses")),
        (0, u64::from(calls)),
        "{built:#?}"
    );
}

/// A program that does not compile fails with the compiler's own words, once, and the
/// cache is not to blame.
#[test]
fn a_program_that_does_not_compile() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    library.write("base/src/lib.rs", "pub fn add() -> u32 { \"text\" }\n");
    let built = build(shim.run(&daemon), &library);
    assert_eq!(built.code, Some(101), "{built:#?}");
    assert_eq!(
        built.stderr.matches("mismatched types").count(),
        1,
        "{built:#?}"
    );
    assert_eq!(
        (built.troubles(), built.count("errors")),
        (0, 1),
        "{built:#?}"
    );
}

/// Warnings come through hits as they came through the compilation.
#[test]
fn warnings_are_kept() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    library.write(
        "base/src/lib.rs",
        "pub fn add(a: u32, b: u32) -> u32 { let unused = 1; a + b }\n",
    );
    for _ in 0..2 {
        let built = build(shim.run(&daemon), &library);
        assert_eq!(
            built.stderr.matches("unused variable").count(),
            1,
            "{built:#?}"
        );
    }
}

/// Nobody reads what the shim says, and it goes on.
#[test]
fn nobody_reads() {
    let shim = shim();
    for (program, arguments, code) in [
        ("nix-sccache", &["report"][..], 1),
        ("nix-sccache", &["run", "--", "true"], 0),
        ("nix-sccache", &["run", "--", "/nonexistent/program"], 127),
        ("sccache", &["no-such-compiler-anywhere"], 127),
    ] {
        let status = Command::new(shim.program(program))
            .args(arguments)
            .env_remove("NIX_SCCACHE_SESSION")
            .stdout(closed())
            .stderr(closed())
            .status();
        assert_eq!(status.unwrap().code(), Some(code), "{arguments:?}");
    }
}

/// Cargo begins with what depends on a crate when its metadata is there, long before its code is.
#[test]
fn the_news_of_metadata_comes_early() {
    let mut world = World::with_daemon();
    let news = r#"{"$message_type":"artifact","artifact":"out/a.rmeta","emit":"metadata"}"#;
    world.compiler_first(&format!("echo '{news}' >&2; sleep 3"));
    let messages = world.path().join("crate/messages");
    let began = Instant::now();
    let (early, left) = thread::scope(|scope| {
        let building = scope.spawn(|| world.build());
        let is_there = || fs::read_to_string(&messages).is_ok_and(|text| text.contains("a.rmeta"));
        while !is_there() && !building.is_finished() {
            thread::sleep(Duration::from_millis(20));
        }
        (began.elapsed(), building.join().unwrap())
    });
    assert_eq!(left.report["misses"], 1, "{left:#?}");
    assert!(
        early + Duration::from_secs(2) < left.took,
        "{early:?} {left:#?}"
    );
    let news = left.messages.iter().filter(|line| *line == news);
    assert_eq!(news.count(), 1, "{left:#?}");
}

/// A signal that is for the shim alone ends the compiler, too, whether the call is for the cache or not.
#[test]
fn the_shim_is_ended() {
    for kind in ["bin", "lib"] {
        let mut world = World::with_daemon();
        world.kind = kind;
        world.compiler_first("kill -TERM $PPID; for _ in $(seq 600); do sleep 0.1; done");
        let left = world.build();
        // As a shell has it: 128 and the signal's number.
        assert_eq!(left.code, Some(143), "{left:#?}");
        assert!(!world.compiles());
        assert!(left.took < Duration::from_secs(20), "{left:#?}");
        assert_eq!(left.report["errors"], 1, "{left:#?}");
        assert_eq!(left.report["cache_error"], serde_json::Value::Null);
    }
}

/// Whenever it is killed, whoever asks again gets what the compiler makes, and so does the next build.
#[test]
fn the_shim_is_killed_at_any_step() {
    // Of a miss: the handshake, the look-up, and two things to store; of a hit: the handshake, the manifest, the entry.
    for (is_warm, requests) in [(false, 4), (true, 3)] {
        let mut world = World::with_daemon();
        if is_warm {
            world.fill();
        }
        for request in 0..requests {
            for after in [0, 1, 3] {
                if !is_warm {
                    world.write(&format!(
                        "pub fn add() -> [u8; 2] {{ [{request}, {after}] }}\n"
                    ));
                }
                let plain = world.plain();
                let socket = world.path().join(format!("socket/{request}-{after}"));
                let kill = Meddling::Kill(request, Duration::from_millis(after));
                meddle(&socket, world.daemon().socket(), kill);
                world.at(socket);
                world.again = true;
                for is_next in [false, true] {
                    let left = world.build();
                    let which = format!("{is_warm} {request} {after} {is_next}: {left:#?}");
                    assert_eq!(left.code, Some(0), "{which}");
                    assert_eq!(left.outputs, plain.outputs, "{which}");
                    assert_eq!(left.report["faults"], serde_json::json!([]), "{which}");
                    if is_next || is_warm {
                        assert_eq!(left.report["hits"], 1, "{which}");
                        assert_eq!(left.messages, plain.messages, "{which}");
                    }
                }
            }
        }
    }
}

/// The compiler runs when the shim is killed, and goes on for a while beside the one that is called next.
#[test]
fn the_shim_is_killed_while_it_compiles() {
    let mut world = World::with_daemon();
    world.compiler_first("kill -KILL $PPID; sleep 0.5; exit 1");
    world.again = true;
    let left = world.build();
    assert_eq!(left.code, Some(0), "{left:#?}");
    assert_eq!(left.outputs, world.plain().outputs, "{left:#?}");
    assert_eq!(left.report["misses"], 1, "{left:#?}");
    assert!(!world.compiles());
}

/// A part of an entry that the storage has thrown away is none that is damaged.
#[test]
fn a_part_of_an_entry_is_gone() {
    let mut world = World::with_daemon();
    world
        .variables
        .insert("SCCACHE_MAX_FRAME_LENGTH", "5000".into());
    world.fill();
    let plain = world.plain();
    let left = world.build();
    assert_eq!(left.report["hits"], 1, "{left:#?}");
    assert_eq!(
        (&left.outputs, &left.messages),
        (&plain.outputs, &plain.messages)
    );
    for part in 0..2 {
        let parts = world.stored(Stored::Part);
        fs::remove_file(&parts[part * (parts.len() - 1)]).unwrap();
        // Sccache's daemon knows what it had.
        for (expected, is_hit) in [("misses", false), ("hits", true)] {
            let left = world.build();
            assert_eq!(left.report[expected], 1, "{is_hit}: {left:#?}");
            assert_eq!(
                (&left.outputs, &left.messages),
                (&plain.outputs, &plain.messages)
            );
            assert_eq!(
                left.report["faults"].as_array().unwrap().len(),
                0,
                "{left:#?}"
            );
        }
    }
}

/// What is longer than a frame of the daemon's goes in parts, whether anything says how long frames are or not.
#[test]
fn an_entry_is_longer_than_a_frame() {
    const MEBIBYTES: usize = 9;
    for frame in [None, Some("1048576"), Some("1073741824")] {
        // Else it takes what it is given by default.
        let length = frame.unwrap_or("the default");
        let daemon = Daemon::start_by(&[], &[("SCCACHE_MAX_FRAME_LENGTH", length)]);
        let mut world = World::by_daemon(daemon);
        if let Some(frame) = frame {
            world
                .variables
                .insert("SCCACHE_MAX_FRAME_LENGTH", frame.into());
        }
        let mut bytes = vec![0; MEBIBYTES << 20];
        fs::File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut bytes))
            .unwrap();
        fs::write(world.path().join("crate/src/bytes"), bytes).unwrap();
        world.write(
            "//! A crate.\n/// Bytes.\npub static BYTES: &[u8] = include_bytes!(\"bytes\");\n",
        );
        let plain = world.plain();
        for expected in ["misses", "hits"] {
            let left = world.build();
            assert_eq!(left.report[expected], 1, "{frame:?}: {left:#?}");
            assert_eq!(left.outputs, plain.outputs, "{frame:?}");
            // It takes its time, and nothing else.
            let mut faults = left.report["faults"].as_array().into_iter().flatten();
            assert!(faults.all(|it| it["fault"] == "slow-answers"), "{left:#?}");
        }
        assert!(world.stored(Stored::Part).len() >= 3, "{frame:?}");
    }
}

/// What went wrong with one entry keeps no other call from the cache.
#[test]
fn trouble_of_one_call_is_no_other_calls() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    build(shim.run(&daemon), &library).assert_counts((0, 2));
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    // It hangs up in the middle of each crate's.
    meddle(&socket, daemon.socket(), Meddling::CutEntries);
    let built = build(shim.run_at(&socket), &library);
    assert_eq!(
        (built.code, built.hits_and_misses()),
        (Some(0), (0, 2)),
        "{built:#?}"
    );
    let faults = &built.report["faults"][0];
    assert_eq!(faults["fault"], "entry-not-read", "{built:#?}");
    assert!(faults["calls"].as_u64() >= Some(2), "{built:#?}");
    build(shim.run(&daemon), &library).assert_counts((2, 0));
}

/// Where the build itself has no room, the compiler says so, as it does without us; and when it has,
/// there is a hit.
#[test]
fn there_is_no_room_for_the_outputs() {
    let mut world = World::warm();
    let full =
        "mount -t tmpfs -o size=4k none out; head -c 1M /dev/zero >out/fill || true; exec \"$@\"";
    world.run_by_shell(&["unshare", "--mount"], full);
    let left = world.build();
    assert_eq!(left.code, Some(1), "{left:#?}");
    let said = left.messages.join("\n");
    assert!(said.contains("No space left on device"), "{left:#?}");
    assert_eq!(left.report["errors"], 1, "{left:#?}");
    world.prefix.clear();
    let left = world.build();
    assert_eq!(
        (left.code, &left.report["hits"]),
        (Some(0), &1.into()),
        "{left:#?}"
    );
}

/// However many files a build may open, from the least that a shell gets along with.
#[test]
fn a_build_may_open_few_files() {
    const SHELL: u32 = 12;
    let mut world = World::warm();
    let plain = world.plain();
    for files in SHELL..30 {
        world.may_open(files);
        let left = world.build();
        assert_eq!(left.code, Some(0), "{files}: {left:#?}");
        assert_eq!(left.outputs, plain.outputs, "{files}: {left:#?}");
        assert_eq!(left.messages, plain.messages, "{files}: {left:#?}");
        // A hit takes less than a shell.
        assert_eq!(left.report["hits"], 1, "{files}: {left:#?}");
    }
}

/// A C compiler's object and its messages, damaged one by one.
#[test]
fn an_object_and_its_messages_are_damaged() {
    let (shim, daemon, folder) = (shim(), Daemon::start(), tempfile::tempdir().unwrap());
    let text = "static int a(void) { return 1; }\nint b;\n";
    fs::write(folder.path().join("a.c"), text).unwrap();
    let compile = || {
        let mut run = shim.run(&daemon);
        run.current_dir(folder.path());
        let sccache = shim.program("sccache").display().to_string();
        let call = format!("{sccache} gcc -Wall -O1 -c a.c -o a.o 2>messages");
        let built = reported(run, ["sh", "-c", &call]);
        assert_eq!(built.code, Some(0), "{built:#?}");
        let left = |name| fs::read(folder.path().join(name)).unwrap();
        (left("a.o"), left("messages"), built)
    };
    let (object, messages, built) = compile();
    assert_eq!(built.hits_and_misses(), (0, 1), "{built:#?}");
    assert!(String::from_utf8_lossy(&messages).contains("defined but not used"));
    for damaged in [None, Some(Spot::Messages), Some(Spot::End), None] {
        if let Some(spot) = damaged {
            for entry in those(daemon.entries(), Stored::Entry) {
                flip(&entry, spot);
            }
        }
        let built = compile();
        assert_eq!((&built.0, &built.1), (&object, &messages), "{damaged:?}");
        let faults = built.2.report["faults"].as_array().unwrap().len();
        assert_eq!(faults, usize::from(damaged.is_some()), "{built:#?}");
        assert_eq!(
            built.2.count("hits"),
            u64::from(damaged.is_none()),
            "{built:#?}"
        );
    }
}
