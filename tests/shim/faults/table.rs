//! Everything that is known to go wrong: one row a fault, each made for real.
//!
//! For each row the build goes well, makes what the compiler alone makes, takes no longer than
//! the row says, and its report names the fault by its code, for people and as JSON. `NIX_SCCACHE_TEST_FAULT`, a
//! part of names, has these rows alone run, one after the other.

#![allow(clippy::too_many_lines, reason = "it is a table")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use nix_sccache_tests::damage::{Spot, Stored, cut, flip};
use nix_sccache_tests::{Daemon, rustc, stdout_of};
use serde_json::Value;

use super::meddler::{Meddling, meddle};
use super::world::World;

/// A fault.
struct Row {
    name: &'static str,
    /// How it is made.
    make: fn() -> World,
    /// Where the report has it.
    place: Place,
    /// How many seconds the fault costs at most, over the compiler alone, while four rows run.
    costs: f64,
}

/// What a row took, in seconds.
#[derive(Debug)]
struct Cost {
    /// Over the compiler alone, right before it.
    extra: f64,
    /// The compiler alone, before it or after, whichever was longer.
    plain: f64,
}

/// Where a report tells of a fault.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// The cache was left alone: the error's code.
    Error(&'static str),
    /// It was got over: the fault's code.
    Fault(&'static str),
    /// The call passed by: the reason's code.
    Bypass(&'static str),
}

impl Place {
    fn code(self) -> &'static str {
        match self {
            Self::Error(code) | Self::Fault(code) | Self::Bypass(code) => code,
        }
    }
}

const UNREACHABLE: Place = Place::Error("server-unreachable");
const FAILED: Place = Place::Error("storage-failed");
const TOO_OLD: Place = Place::Error("server-too-old");
const SILENT: Place = Place::Error("server-silent");
const NOT_STARTED: Place = Place::Error("server-not-started");

const DAMAGED: Place = Place::Fault("entry-damaged");
const NOT_READ: Place = Place::Fault("entry-not-read");
const NOT_STORED: Place = Place::Fault("entry-not-stored");

const NOT_TRACED: Place = Place::Bypass("not-traced");

/// What a row may take beside what it costs, and so many times what the compiler alone takes right
/// before and after it: four rows run at once, and other tests beside them, which leaves builds a
/// small share of the processors, and the compiler as small a one. Others' work comes and goes all the
/// same, so a row that takes longer is made anew, and wrong if it takes longer each time: what waits
/// for something does. A row that was asked for runs alone, and has one try and no more than the
/// first of these.
const SLACK: f64 = 2.0;
const TIMES: f64 = 5.0;
const TRIES: usize = 3;

/// What none may take beside what it costs, not once: where something hangs, the shim waits for 120 s.
const HANG: f64 = 30.0;

fn row(name: &'static str, place: Place, costs: f64, make: fn() -> World) -> Row {
    Row {
        name,
        make,
        place,
        costs,
    }
}

/// The socket.
fn reaching() -> Vec<Row> {
    vec![
        row("the socket is missing", UNREACHABLE, 0.1, || {
            let mut world = World::new();
            world.at(world.socket());
            world
        }),
        row("its folder is missing", UNREACHABLE, 0.1, || {
            let mut world = World::new();
            world.at("/nonexistent/sccache.sock".into());
            world
        }),
        row("nobody listens", UNREACHABLE, 0.1, || {
            let mut world = World::new();
            world.at(world.socket());
            drop(UnixListener::bind(world.socket()).unwrap());
            world
        }),
        row("it may not be opened", UNREACHABLE, 0.1, || {
            let mut world = World::with_daemon();
            let socket = world.daemon().socket();
            fs::set_permissions(socket, fs::Permissions::from_mode(0o000)).unwrap();
            // Of the tests' own user, who is root.
            world.prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
                .map(str::to_owned)
                .into();
            world
        }),
        row("it takes calls and hangs", SILENT, 1.2, || {
            let mut world = meddled(Meddling::Hang);
            world.variables.insert("NIX_SCCACHE_TIMEOUT", "1".into());
            world
        }),
        row("the daemon stands still", SILENT, 1.2, || {
            let mut world = World::warm();
            world.daemon().pause();
            world.variables.insert("NIX_SCCACHE_TIMEOUT", "1".into());
            world
        }),
        row("it hangs up", TOO_OLD, 0.3, || meddled(Meddling::Say(b""))),
        row("it hangs up at what it is asked", TOO_OLD, 0.3, || {
            meddled(Meddling::HangUp)
        }),
        row("it speaks HTTP", FAILED, 0.3, || {
            meddled(Meddling::Say(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        }),
        row("it speaks of a frame too long", FAILED, 0.3, || {
            meddled(Meddling::Say(b"\xff\xff\xff\xff\xff"))
        }),
        row("its answer is another one's", TOO_OLD, 0.3, || {
            meddled(Meddling::Say(b"\0\0\0\x04\xff\xff\xff\xff"))
        }),
        row("it is another release's", TOO_OLD, 0.3, || {
            meddled(Meddling::OtherRelease)
        }),
        row("it falls silent at what it is given", SILENT, 1.2, || {
            let mut world = meddled_when_cold(Meddling::StallAtPut);
            world.variables.insert("NIX_SCCACHE_TIMEOUT", "1".into());
            world
        }),
        row("it is slow", Place::Fault("slow-answers"), 1.6, || {
            meddled(Meddling::Slow(Duration::from_millis(400)))
        }),
    ]
}

/// Entries, and manifests.
fn entries() -> Vec<Row> {
    use Stored::{Entry, Manifest};

    vec![
        row("an entry ends in its middle", NOT_READ, 0.6, || {
            meddled(Meddling::CutEntries)
        }),
        row("an entry is truncated", DAMAGED, 0.6, || {
            damaged(Entry, cut)
        }),
        row("an entry is empty", DAMAGED, 0.6, || {
            damaged(Entry, |entry| fs::write(entry, "").unwrap())
        }),
        row("a bit of an output is another", DAMAGED, 0.6, || {
            damaged(Entry, |entry| flip(entry, Spot::End))
        }),
        row("a bit of the messages is another", DAMAGED, 0.6, || {
            damaged(Entry, |entry| flip(entry, Spot::Messages))
        }),
        row("a bit of the seal is another", DAMAGED, 0.6, || {
            damaged(Entry, |entry| flip(entry, Spot::Seal))
        }),
        row("a bit of the header is another", DAMAGED, 0.6, || {
            damaged(Entry, |entry| flip(entry, Spot::Header))
        }),
        row("a bit of a part is another", DAMAGED, 0.6, || {
            let world = in_parts(World::with_daemon());
            for part in world.stored(Stored::Part) {
                flip(&part, Spot::End);
            }
            world
        }),
        row("an entry is another crate's", DAMAGED, 0.6, || {
            another_crates(Entry)
        }),
        row("an entry is another source's", DAMAGED, 0.6, || {
            let world = World::warm();
            let stale = world.only(Entry);
            let text = fs::read(&stale).unwrap();
            fs::remove_file(stale).unwrap();
            world.write("//! Another.\npub fn add() {}\n");
            world.fill();
            fs::write(world.only(Entry), text).unwrap();
            world
        }),
        row("a manifest is truncated", DAMAGED, 0.6, || {
            damaged(Manifest, cut)
        }),
        row("a manifest is empty", DAMAGED, 0.6, || {
            damaged(Manifest, |manifest| fs::write(manifest, "").unwrap())
        }),
        row("a bit of a manifest is another", DAMAGED, 0.6, || {
            damaged(Manifest, |manifest| flip(manifest, Spot::End))
        }),
        row("a manifest is another crate's", DAMAGED, 0.6, || {
            another_crates(Manifest)
        }),
        row(
            "an entry is too long for the daemon",
            NOT_STORED,
            0.4,
            || {
                World::by_daemon(Daemon::start_by(
                    &[],
                    &[("SCCACHE_MAX_FRAME_LENGTH", "1000")],
                ))
            },
        ),
        row(
            "an entry is too long for the gateway",
            NOT_STORED,
            0.4,
            || World::by_gateway(&["--max-frame", "1K"]),
        ),
        row(
            "no entry is as short as what the daemon takes",
            NOT_STORED,
            0.4,
            || {
                let mut world = World::with_daemon();
                world
                    .variables
                    .insert("SCCACHE_MAX_FRAME_LENGTH", "4000".into());
                world
            },
        ),
        row("the gateway only reads", NOT_STORED, 0.4, || {
            World::by_gateway(&["--read-only"])
        }),
        row("the daemon's disk is full", NOT_STORED, 0.4, || {
            let full = "mount -t tmpfs -o size=4k none \"$FOLDER/cache\"; exec \"$@\"";
            World::by_daemon(Daemon::start_by(&in_mounts(full), &[]))
        }),
        row("the daemon may not write", NOT_STORED, 0.4, || {
            let unwritable = "mount -t tmpfs -o ro none \"$FOLDER/cache\"; exec \"$@\"";
            World::by_daemon(Daemon::start_by(&in_mounts(unwritable), &[]))
        }),
        row("it hangs up at the entry", NOT_STORED, 0.4, || {
            meddled_when_cold(Meddling::HangUpAtPut(0))
        }),
        row("it hangs up at the manifest", NOT_STORED, 0.4, || {
            meddled_when_cold(Meddling::HangUpAtPut(1))
        }),
    ]
}

/// Compilers that are not seen whole, and the trace's file.
fn traces() -> Vec<Row> {
    vec![
        row("the trace library is missing", NOT_TRACED, 0.4, || {
            let world = World::with_daemon();
            world.lose_trace_library();
            world
        }),
        row("there is no room for a trace", NOT_TRACED, 0.4, || {
            let mut world = World::with_daemon();
            world.before("mount -t tmpfs -o size=1M none \"$NIX_SCCACHE_SESSION\"");
            world.run_by_shell(&["unshare", "--mount"], "exec \"$@\"");
            world
        }),
        row("no file may be as long as a trace", NOT_TRACED, 0.4, || {
            let mut world = World::with_daemon();
            world.run_by_shell(&[], "ulimit -f 8000; exec \"$@\"");
            world
        }),
        row(
            "more is looked at than a trace holds",
            NOT_TRACED,
            1.5,
            || {
                let mut world = World::with_daemon();
                let path = "x".repeat(200);
                world.compiler_first(&format!(
                    "at=0; while [ $at -lt 80000 ]; do [ -e /{path}/$at ]; at=$((at+1)); done"
                ));
                world
            },
        ),
        row("the compiler is linked statically", NOT_TRACED, 0.4, || {
            let mut world = World::with_daemon();
            let text = format!(
                "#include <unistd.h>\nint main(int c, char **v) {{ return execv(\"{}\", v); }}\n",
                rustc().display()
            );
            compiler_of(&mut world, "c", &text, "gcc -static -o rustc rustc.c");
            world
        }),
        row("the compiler is of 32 bits", NOT_TRACED, 0.4, || {
            let mut world = World::with_daemon();
            let text = format!(
                "path: .asciz \"{}\"\n.globl _start\n_start: mov (%esp), %eax\nlea 8(%esp,%eax,4), %edx\n\
                 lea 4(%esp), %ecx\nmov $path, %ebx\nmov $11, %eax\nint $0x80\n",
                rustc().display()
            );
            let make = "as --32 -o rustc.o rustc.s; ld -m elf_i386 -o rustc rustc.o";
            compiler_of(&mut world, "s", &text, make);
            world
        }),
    ]
}

/// Who is killed.
fn programs() -> Vec<Row> {
    vec![row(
        "the daemon is killed while it is compiled",
        NOT_STORED,
        0.6,
        || {
            let mut world = World::with_daemon();
            let kill = format!("kill -KILL {}", world.daemon().id());
            world.compiler_first(&kill);
            world
        },
    )]
}

const INCOMPLETE: Place = Place::Fault("log-incomplete");

/// The session's own folder.
fn sessions() -> Vec<Row> {
    vec![
        row("the log cannot be written", INCOMPLETE, 0.4, || {
            let mut world = World::warm();
            world.before("mkdir \"$NIX_SCCACHE_SESSION/calls.jsonl\"");
            world
        }),
        row("the log's disk is full", INCOMPLETE, 0.4, || {
            let mut world = World::warm();
            world.before(
                "mount -t tmpfs -o size=4k none \"$NIX_SCCACHE_SESSION\"; \
                 head -c 1M /dev/zero >\"$NIX_SCCACHE_SESSION/fill\" 2>/dev/null",
            );
            world.run_by_shell(&["unshare", "--mount"], "exec \"$@\"");
            world
        }),
        row("the session's folder goes", INCOMPLETE, 0.4, || {
            let mut world = World::warm();
            world.before("rm -r \"$NIX_SCCACHE_SESSION\"");
            world
        }),
        row(
            "no session can be had",
            Place::Error("session-not-begun"),
            0.4,
            || {
                let mut world = World::warm();
                // The crate's folder stays writable: it is a mount of its own.
                let unwritable = "mount --bind . .; mount --rbind /tmp /tmp; \
                mount -o remount,bind,ro /tmp; cd \"$PWD\"; exec \"$@\"";
                world.run_by_shell(&["unshare", "--mount"], unwritable);
                world.variables.insert("TMPDIR", "/nonexistent".into());
                world
            },
        ),
    ]
}

/// Servers of the session's own.
fn servers() -> Vec<Row> {
    vec![
        row("Redis is not there", NOT_STARTED, 9.9, || {
            let mut world = World::by_redis();
            let endpoint = "redis+unix://localhost/nonexistent/redis.sock";
            world
                .variables
                .insert("SCCACHE_REDIS_ENDPOINT", endpoint.into());
            world
        }),
        row("Redis wants a password", NOT_STARTED, 0.5, || {
            let world = World::by_redis();
            world
                .redis()
                .tell(&["config", "set", "requirepass", "another"]);
            world
        }),
        row("Redis has no memory", NOT_STORED, 1.2, || {
            let world = World::by_redis();
            world.redis().tell(&["config", "set", "maxmemory", "1"]);
            world
        }),
        row("Redis goes", Place::Error("storage-slow"), 10.6, || {
            let mut world = World::by_redis();
            world.before(&format!(
                "redis-cli -s {} shutdown nosave",
                world.redis().socket().display()
            ));
            world
        }),
        row("the folder is none", NOT_STORED, 0.4, || {
            let mut world = World::by_folder();
            let file = world.path().join("file");
            fs::write(&file, "").unwrap();
            world.variables.insert("SCCACHE_DIR", file.into());
            world
        }),
        row("the folder may not be written", NOT_STORED, 0.4, || {
            let mut world = World::by_folder();
            let unwritable = "mount -t tmpfs -o ro none \"$SCCACHE_DIR\"; exec \"$@\"";
            world.run_by_shell(&["unshare", "--mount"], unwritable);
            world
        }),
        row("the folder's disk is full", NOT_STORED, 0.4, || {
            let mut world = World::by_folder();
            let full = "mount -t tmpfs -o size=4k none \"$SCCACHE_DIR\"; exec \"$@\"";
            world.run_by_shell(&["unshare", "--mount"], full);
            world
        }),
        row("an entry in the folder is truncated", DAMAGED, 0.4, || {
            let world = World::by_folder();
            world.fill();
            cut(&world.only(Stored::Entry));
            world
        }),
        row(
            "the messages in the folder are damaged",
            DAMAGED,
            0.4,
            || {
                let world = World::by_folder();
                world.fill();
                flip(&world.only(Stored::Entry), Spot::Messages);
                world
            },
        ),
        row("sccache is missing", NOT_STARTED, 0.4, || {
            let mut world = World::by_folder();
            world
                .variables
                .insert("NIX_SCCACHE_SCCACHE", "/nonexistent/sccache".into());
            world
        }),
        row("sccache may not be run", NOT_STARTED, 0.4, || {
            let mut world = World::by_folder();
            let file = world.path().join("no-program");
            fs::write(&file, "").unwrap();
            world.variables.insert("NIX_SCCACHE_SCCACHE", file.into());
            world
        }),
        row("sccache fails", NOT_STARTED, 0.4, || {
            let mut world = World::by_folder();
            world.sccache_is("#!/bin/sh\nexit 254\n");
            world
        }),
        row("sccache crashes", NOT_STARTED, 0.4, || {
            let mut world = World::by_folder();
            world.sccache_is("#!/bin/sh\nkill -SEGV $$\n");
            world
        }),
        row("sccache complains", NOT_STARTED, 0.4, || {
            let mut world = World::by_folder();
            world.sccache_is("#!/bin/sh\necho 'sccache: error: of something' >&2\nexit 2\n");
            world
        }),
        row("the session's server ends", UNREACHABLE, 0.1, || {
            let mut world = World::by_folder();
            world.before(
                "\"$NIX_SCCACHE_SCCACHE\" --stop-server >/dev/null; \
                     while grep -q \"$SCCACHE_SERVER_UDS\" /proc/net/unix; do sleep 0.05; done",
            );
            world
        }),
    ]
}

/// A cache with the crate's entry, behind something that meddles.
fn meddled(meddling: Meddling) -> World {
    let mut world = match meddling {
        // What stands in the daemon's place does not need one.
        Meddling::Hang | Meddling::Say(_) => World::new(),
        _ => World::warm(),
    };
    let daemon = world.daemon.as_ref().map(Daemon::socket);
    let socket = world.socket();
    meddle(&socket, daemon.unwrap_or_default(), meddling);
    world.at(socket);
    world
}

/// The same, without the entry.
fn meddled_when_cold(meddling: Meddling) -> World {
    let mut world = World::with_daemon();
    let socket = world.socket();
    meddle(&socket, world.daemon().socket(), meddling);
    world.at(socket);
    world
}

/// A cache whose entry or manifest is damaged.
fn damaged(kind: Stored, damage: fn(&Path)) -> World {
    let world = World::warm();
    damage(&world.only(kind));
    world
}

/// A cache that has another crate's entry or manifest in the place of this one's.
fn another_crates(kind: Stored) -> World {
    let mut world = World::warm();
    let own = world.only(kind);
    world.name = "other";
    world.fill();
    world.name = "base";
    let mut others = world.stored(kind);
    others.retain(|other| *other != own);
    let [other] = others.as_slice() else {
        panic!("{others:?}")
    };
    fs::copy(other, &own).unwrap();
    world
}

/// A cache with an entry in parts.
fn in_parts(mut world: World) -> World {
    world
        .variables
        .insert("SCCACHE_MAX_FRAME_LENGTH", "5000".into());
    world.fill();
    assert!(world.stored(Stored::Part).len() > 2);
    world
}

/// Has a program that runs rustc in the compiler's place.
fn compiler_of(world: &mut World, language: &str, text: &str, make: &str) {
    let folder = world.path().join("compiler");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("rustc").with_extension(language), text).unwrap();
    let mut shell = Command::new("sh");
    stdout_of(shell.current_dir(&folder).args(["-ec", make]));
    world.compiler = folder.join("rustc");
}

fn in_mounts(script: &str) -> [&str; 6] {
    ["unshare", "--mount", "sh", "-ec", script, "sh"]
}

impl Row {
    /// Makes the fault as often as it may be made, and says what it cost the last time, or what
    /// is wrong.
    fn check(&self, is_alone: bool) -> Result<f64, String> {
        let (tries, times) = if is_alone { (1, 0.0) } else { (TRIES, TIMES) };
        let mut late = Vec::new();
        for _ in 0..tries {
            let cost = self.make_and_check()?;
            if cost.extra <= self.costs + SLACK + times * cost.plain {
                return Ok(cost.extra);
            }
            let hangs = cost.extra > self.costs + HANG;
            late.push(cost);
            if hangs {
                break;
            }
        }
        Err(format!("{}: it took too long: {late:.1?}", self.name))
    }

    /// Makes the fault, builds, and says what it cost, or what is wrong.
    fn make_and_check(&self) -> Result<Cost, String> {
        let world = (self.make)();
        let (plain, left, after) = (world.plain(), world.build(), world.plain());
        let wrong = |what: &str| Err(format!("{}: {what}: {left:#?}", self.name));
        if (plain.code, plain.outputs.len()) != (Some(0), 3) {
            return Err(format!("the compiler alone: {plain:#?}"));
        }
        if left.code != Some(0) {
            return wrong("the build failed");
        }
        if left.outputs != plain.outputs {
            return wrong("the outputs are others");
        }
        if left.messages != plain.messages {
            return wrong("the messages are others");
        }
        let is_told = match self.place {
            Place::Bypass(_) => left.said.contains("passed through"),
            _ => left.said.contains(self.place.code()),
        };
        if !is_told {
            return wrong("the fault is not told");
        }
        let is_there = match self.place {
            Place::Bypass(code) => left.report["passthrough"][0]["code"] == code,
            Place::Error(code) => left.report["cache_error"]["code"] == code,
            Place::Fault(code) => {
                let mut faults = left.report["faults"].as_array().into_iter().flatten();
                faults.any(|fault| fault["fault"] == code)
            }
        };
        if !is_there {
            return wrong("the fault is not in the JSON");
        }
        // What was damaged is whole again.
        if matches!(self.place, Place::Fault("entry-damaged")) {
            let left = world.build();
            if left.report["hits"] != 1 || left.report["faults"] != Value::Array(Vec::new()) {
                return Err(format!("{}: not repaired: {left:#?}", self.name));
            }
            if left.outputs != plain.outputs || left.messages != plain.messages {
                return Err(format!("{}: repaired wrongly: {left:#?}", self.name));
            }
        }
        let before = plain.took.as_secs_f64();
        Ok(Cost {
            extra: (left.took.as_secs_f64() - before).max(0.0),
            plain: before.max(after.took.as_secs_f64()),
        })
    }
}

fn table() -> Vec<Row> {
    let parts = [
        reaching(),
        entries(),
        traces(),
        programs(),
        sessions(),
        servers(),
    ];
    parts.into_iter().flatten().collect()
}

/// A few at once: most of them wait.
#[test]
fn every_fault_is_got_over_and_told() {
    let only = std::env::var("NIX_SCCACHE_TEST_FAULT").unwrap_or_default();
    let at_once = if only.is_empty() { 4 } else { 1 };
    let rows: Vec<_> = table()
        .into_iter()
        .filter(|row| row.name.contains(&only))
        .collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match row.check(at_once == 1) {
                        Ok(extra) => {
                            println!("| {} | {extra:.1} s | `{}` |", row.name, row.place.code());
                        }
                        Err(what) => wrong.lock().unwrap().push(what),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// No row is true of a build that nothing is wrong with.
#[test]
fn a_healthy_build_tells_of_nothing() {
    let world = World::warm();
    let plain = world.plain();
    let left = world.build();
    assert_eq!(left.report["hits"], 1, "{left:#?}");
    assert_eq!(left.outputs, plain.outputs);
    assert_eq!(left.messages, plain.messages);
    assert_eq!(left.report["cache_error"], Value::Null, "{left:#?}");
    assert_eq!(left.report["faults"], Value::Array(Vec::new()), "{left:#?}");
    for row in table() {
        let code = row.place.code();
        assert!(!left.said.contains(code), "{}: {left:#?}", row.name);
    }
}
