//! Behind the cache a compiler sees what it sees without: its environment, its arguments, its files.

use std::fs;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Daemon, Reported, Shim, reported, rustc, script, stdout_of};
use serde_json::Value;
use tempfile::TempDir;

use crate::shim;

/// Runs lines of a shell in a session, where `$CALL` is the shim. Gives the report, and the log's
/// lines of compilations.
fn session(
    shim: &Shim,
    daemon: &Daemon,
    directory: &Path,
    lines: &str,
    change: impl FnOnce(&mut Command),
) -> (Reported, Vec<Value>) {
    let log = TempDir::new().unwrap();
    let log = log.path().join("log");
    let mut run = shim.run(daemon);
    run.current_dir(directory)
        .env("CALL", shim.program("sccache"))
        .arg("--log")
        .arg(&log);
    change(&mut run);
    let built = reported(run, ["sh", "-c", lines]);
    let calls = fs::read_to_string(log).unwrap_or_default();
    let calls = calls
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let calls =
        calls.filter(|call: &Value| call["outcome"].is_string() && call["outcome"] != "probe");
    (built, calls.collect())
}

/// The outcome of the only call, with the reason if it has one.
fn outcome(calls: &[Value]) -> String {
    let [call] = calls else {
        panic!("not one call: {calls:#?}")
    };
    match &call["reason"] {
        Value::Null => call["outcome"].as_str().unwrap().to_owned(),
        reason => reason.to_string(),
    }
}

/// Runs lines of a shell with one call twice: it misses, and then it hits.
#[track_caller]
fn miss_and_hit(shim: &Shim, daemon: &Daemon, directory: &Path, lines: &str) {
    for expected in ["miss", "hit"] {
        let (built, calls) = session(shim, daemon, directory, lines, |_| ());
        assert_eq!(built.code, Some(0), "{built:#?}");
        assert_eq!(outcome(&calls), expected, "{built:#?}");
    }
}

/// What sccache's client takes out of compilers' environments.
const TAKEN: [&str; 11] = [
    "SOURCE_DATE_EPOCH",
    "HOST",
    "HOSTNAME",
    "DESTDIR",
    "MINICOM",
    "RPM_BUILD_ROOT",
    "RPM_PACKAGE_RELEASE",
    "RPM_PACKAGE_VERSION",
    "MAKEFLAGS",
    "MFLAGS",
    "TMPDIR",
];

/// Variables that change from build to build are what they are without us, and decide.
#[test]
fn variables_that_change() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    let reads = TAKEN
        .map(|name| format!("option_env!(\"{name}\")"))
        .join(", ");
    fs::write(
        directory.join("a.rs"),
        format!("pub static A: &[Option<&str>] = &[{reads}];\n"),
    )
    .unwrap();
    fs::write(
        directory.join("d.c"),
        "const char *d = __DATE__ \" \" __TIME__;\n",
    )
    .unwrap();
    let lines = "for to in \"$@\"; do
        $CALL rustc --crate-name a --edition=2021 a.rs --crate-type lib --emit=link -C metadata=1 --out-dir .
        $CALL gcc -c d.c -o d.o
    done";
    let compile = |value: &str, cached: bool| {
        let lines = format!("set -- once; {lines}");
        let set = |command: &mut Command| {
            for name in TAKEN {
                command.env(name, format!("/tmp/{value}"));
            }
            command.env("SOURCE_DATE_EPOCH", value);
        };
        let mut outcomes = Vec::new();
        if cached {
            let (built, calls) = session(&shim, &daemon, directory, &lines, set);
            assert_eq!(built.code, Some(0), "{built:#?}");
            outcomes.extend(
                calls
                    .iter()
                    .map(|call| call["outcome"].as_str().unwrap().to_owned()),
            );
        } else {
            let mut plain = Command::new("sh");
            plain
                .current_dir(directory)
                .args(["-c", &lines])
                .env("CALL", "");
            set(&mut plain);
            stdout_of(&mut plain);
        }
        let made = ["liba.rlib", "d.o"].map(|name| fs::read(directory.join(name)).unwrap());
        for name in ["liba.rlib", "d.o"] {
            fs::remove_file(directory.join(name)).unwrap();
        }
        (made, outcomes)
    };
    let (one, _) = compile("315532800", false);
    let (two, _) = compile("1700000000", false);
    assert!(
        one[0] != two[0] && one[1] != two[1],
        "they make no difference"
    );
    for (value, expected, outcome) in [
        ("315532800", &one, "miss"),
        ("315532800", &one, "hit"),
        ("1700000000", &two, "miss"),
        ("315532800", &one, "hit"),
    ] {
        let (made, outcomes) = compile(value, true);
        assert_eq!(outcomes, [outcome, outcome], "{value}");
        assert!(made == *expected, "{value}: other bytes at a {outcome}");
    }
}

/// They do so in a shell, which has no session.
#[test]
fn variables_without_a_session() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::write(directory.join("d.c"), "const char *d = __DATE__;\n").unwrap();
    for _ in 0..2 {
        let mut gcc = Command::new(shim.program("sccache"));
        gcc.current_dir(directory)
            .args(["gcc", "-c", "d.c", "-o", "d.o"])
            .env_remove("NIX_SCCACHE_SESSION")
            .env("NIX_SCCACHE_SCCACHE", nix_sccache_tests::sccache())
            .env("SCCACHE_SERVER_UDS", daemon.socket())
            .env("SOURCE_DATE_EPOCH", "315532800");
        stdout_of(&mut gcc);
        let object = fs::read(directory.join("d.o")).unwrap();
        fs::remove_file(directory.join("d.o")).unwrap();
        let date = b"Jan  1 1980";
        assert!(object.windows(date.len()).any(|window| window == date));
    }
    // One entry, and where to look for it.
    assert_eq!(daemon.entries().len(), 2);
}

/// gcc's debug information has the directory by the name that the shell has for it.
#[test]
fn the_directorys_name() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::create_dir(directory.join("real")).unwrap();
    std::os::unix::fs::symlink("real", directory.join("name")).unwrap();
    fs::write(directory.join("real/a.c"), "int a;\n").unwrap();
    let lines = "cd name && $CALL gcc -g -c a.c -o a.o && grep -q /name a.o";
    miss_and_hit(&shim, &daemon, directory, lines);
    // By its other name, and in another line, it is another object.
    for lines in [
        "cd real && $CALL gcc -g -c a.c -o a.o",
        "cd name && sed -i 1i/**/ a.c && $CALL gcc -g -c a.c -o a.o",
    ] {
        let (_, calls) = session(&shim, &daemon, directory, lines, |_| ());
        assert_eq!(outcome(&calls), "miss", "{lines}");
    }
}

/// The compiler is called with the arguments that were given, and gets cargo's jobserver.
#[test]
fn arguments_and_jobserver() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::create_dir(directory.join("bin")).unwrap();
    let record = format!(
        "#!/bin/sh\ncase \" $* \" in *print*|*-vV*|*deps.d*) ;; *) printf '%s\\n' \"$CARGO_MAKEFLAGS|$MAKEFLAGS|$*\" >>seen ;; esac\nexec {} \"$@\"\n",
        rustc().display()
    );
    script(&directory.join("bin/rustc"), &record);
    fs::write(directory.join("a.rs"), "").unwrap();
    let given = "a.rs --crate-type lib --crate-name a --edition 2021 --json artifacts --error-format json --out-dir out";
    let lines = format!("$CALL bin/rustc {given}");
    let (built, calls) = session(&shim, &daemon, directory, &lines, |run| {
        run.env(
            "CARGO_MAKEFLAGS",
            "-j --jobserver-fds=3,4 --jobserver-auth=3,4",
        );
        run.env_remove("MAKEFLAGS");
    });
    // What it writes for us is in no entry.
    assert_eq!(built.code, Some(0), "{built:#?}");
    assert!(
        outcome(&calls).starts_with("{\"updates-file\":"),
        "{calls:#?}"
    );
    assert_eq!(
        fs::read_to_string(directory.join("seen")).unwrap(),
        format!("-j --jobserver-fds=3,4 --jobserver-auth=3,4||{given}\n")
    );
}

/// Nothing but a regular file is replaced or removed.
#[test]
fn outputs_that_are_no_files() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::write(directory.join("a.c"), "int a(void) { return 1; }\n").unwrap();
    fs::write(directory.join("a.rs"), "pub fn a() {}\n").unwrap();
    // A device of our own: as root, that of the machine would be replaced.
    let lay_out = "mkdir -p out; for it in null.o null.d out/a.d; do ln -sf /dev/null $it; done; mkfifo pipe.d; mknod device c 1 3; ";
    stdout_of(
        Command::new("sh")
            .current_dir(directory)
            .args(["-c", lay_out]),
    );
    let rustc = "$CALL rustc --crate-name a --edition=2021 a.rs --crate-type lib --emit=dep-info,link --out-dir out";
    for (lines, place) in [
        ("$CALL gcc -c a.c -o a.o", ""),
        ("$CALL gcc -c a.c -o null.o", "null.o"),
        ("$CALL gcc -c a.c -o device", "device"),
        ("$CALL gcc -MD -MF null.d -c a.c -o a.o", "null.d"),
        (
            "$CALL gcc -MD -MF pipe.d -c a.c -o a.o & cat pipe.d >/dev/null; wait",
            "pipe.d",
        ),
        ("$CALL gcc -MD -c a.c -o null.o", "null.o"),
        (rustc, "out/a.d"),
        // The entry is there, and its place is none.
        ("ln -sf /dev/null a.o; $CALL gcc -c a.c -o a.o", "a.o"),
    ] {
        let (built, calls) = session(&shim, &daemon, directory, lines, |_| ());
        assert_eq!(built.code, Some(0), "{lines}: {built:#?}");
        let expected = if place.is_empty() {
            "miss"
        } else {
            "{\"unnamed\":"
        };
        let outcome = outcome(&calls);
        assert!(outcome.starts_with(expected), "{lines}: {outcome}");
        let stem = place
            .rsplit('/')
            .next()
            .and_then(|name| name.split('.').next());
        assert!(outcome.contains(stem.unwrap()), "{lines}: {outcome}");
    }
    let test = "test -L null.o && test -L null.d && test -p pipe.d && test -c device";
    stdout_of(Command::new("sh").current_dir(directory).args(["-c", test]));
}

/// What would be wrong from a cache passes by it, and says why; the rest hits.
#[test]
fn what_cannot_be_right_passes_by() {
    let (shim, daemon) = (shim(), Daemon::start());
    let rustc = "rustc --crate-name a --edition=2021 a.rs --crate-type lib --emit=dep-info,link --out-dir .";
    let rows = [
        // Files that the assembler reads, from a header, too.
        (
            "echo '#include \"b.h\"' >a.c; echo 'asm(\".incbin \\\"data\\\"\");' >b.h; $CALL gcc -c a.c -o a.o",
            None,
        ),
        (
            "echo 'asm(\".include \\\"data.s\\\"\");' >a.c; : >data.s; $CALL gcc -c a.c -o a.o",
            None,
        ),
        // It is added to.
        (
            "echo 'int a;' >a.c; DEPENDENCIES_OUTPUT=rules $CALL gcc -c a.c -o a.o; test -s rules",
            Some("{\"option\":\"DEPENDENCIES_OUTPUT\"}"),
        ),
        (
            "echo 'int a;' >a.c; NIX_CFLAGS_COMPILE=-march=native $CALL gcc -c a.c -o a.o",
            Some("\"native\""),
        ),
        (
            "echo 'int a;' >a.c; $CALL gcc -c a.c -o a.o -aux-info a.X; test -e a.X; rm a.X",
            None,
        ),
        (
            "echo 'int a(void) { return 1; }' >a.c; echo -fstack-usage >more; $CALL gcc -c a.c -o a.o @more; test -s a.su; rm a.su",
            None,
        ),
        (
            "echo 'int a;' >a.c; echo @other >more; echo -O2 >other; $CALL gcc -c a.c -o a.o @more",
            Some("\"argument-file\""),
        ),
        (
            "echo 'int a;' >a.c; mkdir gone; cd gone; rmdir ../gone; $CALL gcc -c $OLDPWD/a.c -o $OLDPWD/a.o",
            Some("\"directory\""),
        ),
        (
            "echo 'int a;' >'a\nb.c'; $CALL gcc -c 'a\nb.c' -o a.o",
            None,
        ),
        (
            "echo 'int n;' >n.c; gcc -c n.c; rm -f libn.a; ar rcTD libn.a n.o; : >a.rs; $CALL RUSTC -L native=. -lstatic:+whole-archive=n",
            None,
        ),
        (
            "echo 'pub const A: Option<&str> = option_env!(\"A\");' >a.rs; A= $CALL RUSTC",
            None,
        ),
        (
            ": >a.rs; printf '#!/bin/sh\\nexec rustc \"$@\"\\n' >crown; chmod +x crown; $CALL ./crown ${CROWN#rustc}",
            Some("\"other-name\""),
        ),
    ];
    for (lines, reason) in rows {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("data"), "text").unwrap();
        let lines = format!("set -e; {}", lines.replace("RUSTC", rustc));
        for served in ["miss", "hit"] {
            let set = |run: &mut Command| _ = run.env("CROWN", rustc);
            let again = format!("rm -f crown a.o; {lines}");
            let (built, calls) = session(&shim, &daemon, directory.path(), &again, set);
            assert_eq!(
                (built.code, built.troubles()),
                (Some(0), 0),
                "{lines}: {built:#?}"
            );
            assert_eq!(outcome(&calls), reason.unwrap_or(served), "{lines}");
        }
    }
    // A variable that is not set is none that is empty.
    let directory = TempDir::new().unwrap();
    let lines =
        format!("echo 'pub const A: Option<&str> = option_env!(\"A\");' >a.rs; $CALL {rustc}");
    miss_and_hit(&shim, &daemon, directory.path(), &lines);
}

/// What leaves other files than an object or a library is served, with the bytes that the compiler makes.
#[test]
fn whatever_a_call_leaves_is_served() {
    let (shim, daemon) = (shim(), Daemon::start());
    let library =
        "rustc --crate-name a --edition=2021 a.rs --crate-type lib -C metadata=1 --out-dir out";
    for (lines, outputs) in [
        (
            // As in a sandbox, where nothing is left of an earlier compilation. Names of members are random.
            "rm -rf inc; $CALL LIBRARY --emit=dep-info,link -C incremental=inc; ar p out/liba.rlib >members",
            &["members", "out/a.d"][..],
        ),
        (
            "$CALL LIBRARY --emit=asm,llvm-ir,mir,obj",
            &["out/a.s", "out/a.ll", "out/a.mir", "out/a.o"],
        ),
        (
            "$CALL LIBRARY --emit=link --sysroot \"$(rustc --print sysroot)\"",
            &["out/liba.rlib"],
        ),
        ("$CALL LIBRARY --emit=metadata=b.rmeta", &["b.rmeta"]),
        (
            "$CALL gcc -c a.s -o s.o; $CALL gcc -DA -c b.S -o b.o",
            &["s.o", "b.o"],
        ),
        ("$CALL gcc -c a.c b.c", &["a.o", "b.o"]),
        (
            "$CALL gcc -g -gsplit-dwarf -fstack-usage -c a.c",
            &["a.o", "a.dwo", "a.su"],
        ),
        ("$CALL gcc -save-temps -c b.c", &["b.o", "b.i", "b.s"]),
    ] {
        let directory = TempDir::new().unwrap();
        let directory = directory.path();
        for (name, text) in [
            ("a.rs", "pub fn a() -> u32 { 1 }\n"),
            ("a.c", "int a(void) { return 1; }\n"),
            ("b.c", "int b;\n"),
            ("a.s", ".globl s\ns: ret\n"),
            ("b.S", "#ifdef A\n.globl b\nb: ret\n#endif\n"),
        ] {
            fs::write(directory.join(name), text).unwrap();
        }
        let lines = format!("set -e; {}", lines.replace("LIBRARY", library));
        let made = || {
            let made = |name: &&str| {
                let contents = fs::read(directory.join(name)).ok();
                fs::remove_file(directory.join(name)).ok();
                contents
            };
            outputs.iter().map(made).collect::<Vec<_>>()
        };
        fs::create_dir(directory.join("out")).unwrap();
        let mut plain = Command::new("sh");
        plain
            .current_dir(directory)
            .args(["-c", &lines])
            .env("CALL", "");
        stdout_of(&mut plain);
        let alone = made();
        assert!(alone.iter().all(Option::is_some), "{lines}");
        for expected in ["miss", "hit"] {
            let (built, calls) = session(&shim, &daemon, directory, &lines, |_| ());
            assert_eq!(built.code, Some(0), "{lines}: {built:#?}");
            let outcomes = calls.iter().map(|call| call["outcome"].clone());
            assert!(
                outcomes.eq(vec![expected; calls.len()]) && !calls.is_empty(),
                "{lines}: {calls:#?}"
            );
            assert!(made() == alone, "{lines}: other bytes at a {expected}");
        }
    }
}

/// Headers that appear in front, whatever the daemon's own default is.
#[test]
fn headers_that_are_new() {
    let (shim, directory) = (shim(), TempDir::new().unwrap());
    let daemon = Daemon::start_by(&[], &[("SCCACHE_DIRECT", "true")]);
    let directory = directory.path();
    let lay_out = "mkdir first second; echo '#define V 2' >second/v.h; printf '#include <v.h>\nint v = V;\n' >v.c; touch -d '1 hour ago' v.c second/v.h";
    stdout_of(
        Command::new("sh")
            .current_dir(directory)
            .args(["-c", lay_out]),
    );
    let lines = "$CALL gcc -Ifirst -Isecond -c v.c -o v.o";
    miss_and_hit(&shim, &daemon, directory, lines);
    fs::write(directory.join("first/v.h"), "#define V 7\n").unwrap();
    let (_, calls) = session(&shim, &daemon, directory, lines, |_| ());
    assert_eq!(outcome(&calls), "miss");
}

/// A profile is what the call reads, and stays what it is.
#[test]
fn a_profile() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::write(
        directory.join("a.rs"),
        "pub fn a(b: &[u8]) -> usize { b.iter().map(|it| usize::from(*it)).sum() }\n",
    )
    .unwrap();
    // Of `:ir main 0 1 1`, and of `… 2`, by LLVM's llvm-profdata merge.
    let profiles = [
        &include_bytes!("profiles/one.profdata")[..],
        include_bytes!("profiles/two.profdata"),
    ];
    let lines = "rm -rf out; mkdir out; $CALL rustc --crate-name a --edition=2021 a.rs --crate-type lib --emit=dep-info,link -O -Cprofile-use=$PWD/p.profdata --out-dir out";
    for (which, expected) in [(0, "miss"), (0, "hit"), (1, "miss"), (1, "hit")] {
        let given = profiles[which];
        fs::write(directory.join("p.profdata"), given).unwrap();
        let mut plain = Command::new("sh");
        stdout_of(
            plain
                .current_dir(directory)
                .args(["-c", lines])
                .env("CALL", ""),
        );
        let made =
            || ["out/liba.rlib", "out/a.d"].map(|name| fs::read(directory.join(name)).unwrap());
        let alone = made();
        let (built, calls) = session(&shim, &daemon, directory, lines, |_| ());
        assert_eq!(
            (outcome(&calls).as_str(), built.troubles()),
            (expected, 0),
            "{built:#?}"
        );
        assert!(made() == alone, "{which} {expected}");
        assert!(fs::read(directory.join("p.profdata")).unwrap() == given);
    }
}

/// Rules for make are those of this call, with the object's, the source's and the headers' own names.
#[test]
fn rules_for_make() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    let lay_out = "mkdir one two; for it in one two; do echo 'int f(void);' >$it/f.h; done; printf '#include <f.h>\nint f(void) { return 1; }\n' >a.c; cp a.c b.c";
    stdout_of(
        Command::new("sh")
            .current_dir(directory)
            .args(["-c", lay_out]),
    );
    let all = [
        "-Ione -MD -MF r -c a.c -o a.o",
        "-Itwo -MD -MF r -c a.c -o a.o",
        "-Ione -MD -MF r -MT other -c a.c -o a.o",
        "-Ione -MMD -MP -MF r -c a.c -o one/a.o",
        "-Ione -MD -MF r -c b.c -o b.o",
        "-Ione -Wp,-MMD,r -c a.c -o a.o",
        "-Ione -MD -c a.c -o r.o; cp r.d r",
    ];
    let twice = ["miss", "hit"].into_iter();
    for (arguments, again) in twice.flat_map(|again| all.map(|arguments| (arguments, again))) {
        let rules = |call: &str| {
            fs::remove_file(directory.join("r")).ok();
            let mut plain = Command::new("sh");
            stdout_of(
                plain
                    .current_dir(directory)
                    .args(["-c", &format!("{call} gcc {arguments}")]),
            );
            fs::read_to_string(directory.join("r")).unwrap()
        };
        let expected = rules("");
        fs::remove_file(directory.join("r")).unwrap();
        let (built, calls) = session(
            &shim,
            &daemon,
            directory,
            &format!("$CALL gcc {arguments}"),
            |_| (),
        );
        assert_eq!(built.code, Some(0), "{arguments}: {built:#?}");
        assert_eq!(outcome(&calls), again, "{arguments}");
        assert_eq!(
            fs::read_to_string(directory.join("r")).unwrap(),
            expected,
            "{arguments}"
        );
    }
}

/// An object's mode is what the compiler gives it here.
#[test]
fn modes_of_objects() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::write(directory.join("a.c"), "int a;\n").unwrap();
    for (mask, mode, expected) in [("077", "600", "miss"), ("022", "644", "hit")] {
        let lines = format!(
            "umask {mask}; rm -f a.o; $CALL gcc -c a.c -o a.o; test $(stat -c %a a.o) = {mode}"
        );
        let (built, calls) = session(&shim, &daemon, directory, &lines, |_| ());
        assert_eq!(
            (built.code, outcome(&calls).as_str()),
            (Some(0), expected),
            "{built:#?}"
        );
    }
}

/// What a compiler says in sccache's way is the compiler's, from an entry, too.
#[test]
fn messages_that_look_like_sccaches() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::create_dir(directory.join("bin")).unwrap();
    script(
        &directory.join("bin/rustc"),
        &format!(
            "#!/bin/sh\necho 'sccache: of a macro' >&2\nexec {} \"$@\"\n",
            rustc().display()
        ),
    );
    fs::write(directory.join("a.rs"), "").unwrap();
    let lines = "$CALL bin/rustc --crate-name a a.rs --crate-type lib --emit=link --out-dir .";
    for expected in ["miss", "hit"] {
        let (built, calls) = session(&shim, &daemon, directory, lines, |_| ());
        assert_eq!(outcome(&calls), expected, "{built:#?}");
        assert_eq!(built.troubles(), 0, "{built:#?}");
        assert_eq!(
            built.stderr.lines().next(),
            Some("sccache: of a macro"),
            "{built:#?}"
        );
    }
}

/// A rustc is known by what it answers, whatever it is called, and a compiler of C is none by any name.
#[test]
fn compilers_by_other_names() {
    let (shim, daemon) = (shim(), Daemon::start());
    let real = rustc().display().to_string();
    let script = |name: &str, runs: &str| {
        let text = format!("#!/bin/sh\\nexec {runs} \"$@\"\\n");
        format!("printf '{text}' >{name}; chmod +x {name}")
    };
    let library = "--crate-name a a.rs --crate-type lib --out-dir .";
    let object = "-c a.c -o a.o";
    for (lay_out, name, arguments, language) in [
        (
            format!("ln -s {real} rustc-1.95"),
            "rustc-1.95",
            library,
            "rust",
        ),
        (
            format!("ln -s {real} compiler"),
            "compiler",
            library,
            "rust",
        ),
        (script("rustc.sh", &real), "rustc.sh", library, "rust"),
        (
            script("rustc-1.95", &real),
            "rustc-1.95",
            "@arguments",
            "rust",
        ),
        (script("rustc-1.1", "gcc"), "rustc-1.1", object, "c"),
        (
            script("rustc-gcc", "/usr/bin/gcc"),
            "rustc-gcc",
            "@object",
            "c",
        ),
    ] {
        let directory = TempDir::new().unwrap();
        let directory = directory.path();
        for (file, text) in [
            ("a.rs", String::new()),
            ("a.c", "int a;\n".to_owned()),
            ("arguments", library.replace(' ', "\n")),
            ("object", object.to_owned()),
        ] {
            fs::write(directory.join(file), text).unwrap();
        }
        stdout_of(
            Command::new("sh")
                .current_dir(directory)
                .args(["-c", &lay_out]),
        );
        for expected in ["miss", "hit"] {
            let lines = format!("$CALL ./{name} {arguments}");
            let (built, calls) = session(&shim, &daemon, directory, &lines, |_| ());
            assert_eq!(outcome(&calls), expected, "{name} {arguments}: {built:#?}");
            assert_eq!(calls[0]["language"], language, "{name} {arguments}");
        }
    }
}

/// What a response file says is in the key, and in the call of the compiler.
#[test]
fn response_files() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    fs::write(directory.join("a.c"), "const char *a = A;\n").unwrap();
    for (text, expected) in [
        ("-O2 '-DA=\"b c\"'", "miss"),
        ("-O2 '-DA=\"b c\"'", "hit"),
        ("-O2\n-DA=\\\"b\\ c\\\"", "hit"),
        ("-O2 '-DA=\"b d\"'", "miss"),
    ] {
        fs::write(directory.join("more"), text).unwrap();
        let lines = "rm -f a.o; $CALL gcc -c a.c @more && grep -q 'b [cd]' a.o";
        let (built, calls) = session(&shim, &daemon, directory, lines, |_| ());
        assert_eq!(
            (outcome(&calls).as_str(), built.code),
            (expected, Some(0)),
            "{text}: {built:#?}"
        );
    }
}

/// Sccache is found by whatever name its file has, where the session's own server is to be started.
#[test]
fn an_sccache_by_another_name() {
    let (shim, daemon, directory) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let directory = directory.path();
    let named = directory.join("sccache-0.19");
    std::os::unix::fs::symlink(nix_sccache_tests::sccache(), &named).unwrap();
    fs::write(directory.join("a.c"), "int a;\n").unwrap();
    let set = |run: &mut Command| {
        run.env("NIX_SCCACHE_SCCACHE", &named)
            .env("NIX_SCCACHE_TRANSPORT", "ephemeral");
    };
    let (built, calls) = session(&shim, &daemon, directory, "$CALL gcc -c a.c -o a.o", set);
    assert_eq!(
        (outcome(&calls).as_str(), built.troubles()),
        ("miss", 0),
        "{built:#?}"
    );
}
