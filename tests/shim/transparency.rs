//! Who calls a compiler through the shim sees what the compiler alone would show.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use nix_sccache_tests::{Daemon, library, rustc, sccache, script, stdout_of};

use crate::{build, shim};

fn output(command: &mut Command) -> Output {
    command.output().unwrap()
}

#[test]
fn probes_are_the_compilers_own() {
    let shim = shim();
    for arguments in [
        &["-vV"][..],
        &["--print", "sysroot"],
        &["--print=cfg"],
        &["--explain", "E0308"],
        &["--no-such-option"],
    ] {
        let direct = output(Command::new("rustc").args(arguments));
        // Neither a server nor an sccache is needed for a question.
        let mut through = Command::new(shim.program("sccache"));
        through
            .arg("rustc")
            .args(arguments)
            .env("NIX_SCCACHE_SCCACHE", "/nonexistent");
        let through = output(&mut through);
        assert_eq!(through, direct, "{arguments:?}");
        let named =
            output(Command::new(shim.path().join("libexec/nix-sccache/rustc")).args(arguments));
        assert_eq!(named, direct, "{arguments:?}");
    }
}

/// Two builds of the shim on one PATH, as an old shell and a new session have it, do not take
/// turns; nor does a shim that is told that it is sccache itself.
#[test]
fn shims_pass_each_other_over() {
    let (one, other) = (shim(), shim());
    let path = format!(
        "{}:{}",
        other.path().join("libexec/nix-sccache").display(),
        path_with(&one)
    );
    for call in [["rustc", "-vV"], ["cargo", "-V"]] {
        let mut through = Command::new("timeout");
        through.arg("20").args(call).env("PATH", &path);
        assert_eq!(
            output(&mut through),
            output(Command::new(call[0]).arg(call[1])),
            "{call:?}"
        );
    }
    let mut stats = Command::new("timeout");
    stats.arg("20").arg(one.program("sccache")).arg("--version");
    let path = format!("{}:/usr/bin", sccache().parent().unwrap().display());
    stats
        .env("NIX_SCCACHE_SCCACHE", other.program("sccache"))
        .env("PATH", path);
    let version = stdout_of(&mut stats);
    assert!(version.starts_with("sccache "), "{version}");
}

/// Without a `PATH` there is no compiler: none is taken from the current directory, which only an empty
/// entry names.
#[test]
fn the_current_directory_is_searched_where_path_says_so() {
    let (shim, directory) = (shim(), tempfile::tempdir().unwrap());
    let compiler = directory.path().join("gcc");
    std::fs::write(&compiler, "#!/bin/sh\necho here\n").unwrap();
    std::fs::set_permissions(&compiler, Permissions::from_mode(0o755)).unwrap();
    for (path, code) in [(None, 127), (Some(""), 0), (Some("/none:"), 0)] {
        let mut gcc = Command::new(shim.program("sccache"));
        gcc.current_dir(directory.path()).args(["gcc", "a.c"]);
        match path {
            Some(path) => gcc.env("PATH", path),
            None => gcc.env_remove("PATH"),
        };
        assert_eq!(gcc.output().unwrap().status.code(), Some(code), "{path:?}");
    }
}

/// A source may have the name of a compiler.
#[test]
fn a_source_called_rustc() {
    let (shim, directory) = (shim(), tempfile::tempdir().unwrap());
    std::fs::write(directory.path().join("rustc.c"), "int a;\n").unwrap();
    let mut gcc = Command::new(shim.program("sccache"));
    gcc.current_dir(directory.path())
        .args(["gcc", "rustc.c", "-fsyntax-only"]);
    stdout_of(&mut gcc);
}

/// In a session, too, and whatever becomes of the session's directory.
#[test]
fn a_session_that_is_gone_changes_nothing() {
    let shim = shim();
    let mut through = Command::new(shim.program("sccache"));
    through
        .args(["rustc", "-vV"])
        .env("NIX_SCCACHE_SESSION", "/nonexistent/session");
    assert_eq!(
        output(&mut through),
        output(Command::new("rustc").arg("-vV"))
    );
}

#[test]
fn without_a_session_the_cache_serves_as_well() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    for is_broken in [false, true] {
        library.clean();
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(library.path())
            .args(["build", "--release", "--offline", "-p", "greeting"])
            .env("RUSTC_WRAPPER", shim.program("sccache"))
            .env("SCCACHE_SERVER_UDS", daemon.socket())
            .env("CARGO_INCREMENTAL", "0");
        in_store(library.path(), &mut cargo, is_broken);
        stdout_of(&mut cargo);
    }
}

/// A shell has sccache's own server, which is started like sccache's client starts it.
#[test]
fn without_a_session_and_without_a_server() {
    let (shim, library) = (shim(), library("hello"));
    let cache = tempfile::tempdir().unwrap();
    let path = sccache().parent().unwrap().display().to_string();
    let path = format!("{path}:{}", std::env::var("PATH").unwrap());
    // Where sccache's own port is nobody's yet.
    let by = "ip link set lo up && \"$@\" && sccache --show-stats >stats";
    let mut entries = Vec::new();
    for is_broken in [false, true] {
        library.clean();
        let mut cargo = Command::new("unshare");
        cargo
            .args([
                "--net",
                "--kill-child",
                "--pid",
                "--fork",
                "sh",
                "-c",
                by,
                "sh",
            ])
            .args(["cargo", "build", "--release", "--offline", "-p", "greeting"])
            .current_dir(library.path())
            .env("PATH", &path)
            .env("RUSTC_WRAPPER", shim.program("sccache"))
            .env("SCCACHE_DIR", cache.path())
            .env("CARGO_INCREMENTAL", "0");
        in_store(library.path(), &mut cargo, is_broken);
        stdout_of(&mut cargo);
        let stats = std::fs::read_to_string(library.path().join("stats")).unwrap();
        assert!(stats.contains(cache.path().to_str().unwrap()), "{stats}");
        entries.push(nix_sccache_tests::entries(cache.path()).len());
    }
    assert!(entries[0] >= 4 && entries[0] == entries[1], "{entries:?}");
}

/// A hit runs no compiler, in a session and without.
#[test]
fn a_hit_runs_no_compiler() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    for (is_broken, expected) in [(false, (0, 2)), (true, (2, 0))] {
        library.clean();
        let mut run = shim.run(&daemon);
        run.current_dir(library.path());
        in_store(library.path(), &mut run, is_broken);
        let build = ["cargo", "build", "--release", "--offline", "-p", "greeting"];
        nix_sccache_tests::reported(run, build).assert_counts(expected);
    }
}

/// Has a command use a rustc in a Nix store, whose name says all of it. One that is broken compiles nothing.
fn in_store(directory: &Path, command: &mut Command, is_broken: bool) {
    let compiler = directory.join("store/rustc/bin/rustc");
    std::fs::create_dir_all(compiler.parent().unwrap()).unwrap();
    let real = rustc().display().to_string();
    let compiles = if is_broken { "exit 1" } else { "" };
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--print*|*-vV*) ;; *) {compiles} ;; esac\nexec {real} \"$@\"\n"
    );
    script(&compiler, &text);
    command
        .env("RUSTC", compiler)
        .env("NIX_STORE", directory.join("store"));
}

/// What is no call of a compiler's is sccache's own.
#[test]
fn what_is_for_sccache_goes_to_it() {
    let (shim, daemon) = (shim(), Daemon::start());
    for arguments in [
        &["--show-stats"][..],
        &["--show-stats", "--stats-format", "json"],
        &["--zero-stats"],
        &["--version"],
        &["--help"],
        &["--no-such-option"],
        &[],
    ] {
        let [through, direct] = [shim.program("sccache"), sccache()].map(|program| {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .env("NIX_SCCACHE_SCCACHE", sccache())
                .env("SCCACHE_SERVER_UDS", daemon.socket());
            output(&mut command)
        });
        assert_eq!(through, direct, "{arguments:?}");
    }
    let none = Command::new(shim.program("sccache"))
        .arg("--show-stats")
        .env("NIX_SCCACHE_SCCACHE", "/nonexistent/sccache")
        .output()
        .unwrap();
    assert_eq!(none.status.code(), Some(127), "{none:?}");
}

/// The shim's `cargo` puts the shim in front of rustc, unless something else is there.
#[test]
fn cargo_calls_the_shim() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let mut run = shim.run(&daemon);
    run.env_remove("RUSTC_WRAPPER")
        .env("PATH", path_with(&shim));
    let built = build(run, &library);
    built.assert_counts((0, 2));

    let mut run = shim.run(&daemon);
    run.env("RUSTC_WRAPPER", "").env("PATH", path_with(&shim));
    let built = build(run, &library);
    // Cargo found the shim's rustc on PATH, which serves those who call rustc themselves.
    built.assert_counts((2, 0));
}

fn path_with(shim: &nix_sccache_tests::Shim) -> String {
    format!(
        "{}:{}",
        shim.path().join("libexec/nix-sccache").display(),
        std::env::var("PATH").unwrap()
    )
}

/// A session puts the shim in front of rustc by itself; an empty wrapper is none.
#[test]
fn a_session_needs_no_wrapper_set() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let mut run = shim.run(&daemon);
    run.env_remove("RUSTC_WRAPPER");
    let built = build(run, &library);
    built.assert_counts((0, 2));
    let mut run = shim.run(&daemon);
    run.env("RUSTC_WRAPPER", "");
    let built = build(run, &library);
    assert_eq!(
        (built.code, built.count("asked")),
        (Some(0), 0),
        "{built:#?}"
    );
}

/// The command's end is the session's own.
#[test]
fn a_command_ends_as_it_would() {
    let shim = shim();
    for (script, code, signal) in [
        ("exit 0", Some(0), None),
        ("exit 42", Some(42), None),
        ("kill -TERM $$", None, Some(15)),
    ] {
        let status = Command::new(shim.program("nix-sccache"))
            .args(["run", "--", "sh", "-c", script])
            .output()
            .unwrap()
            .status;
        assert_eq!((status.code(), status.signal()), (code, signal), "{script}");
    }
    let missing =
        output(Command::new(shim.program("nix-sccache")).args(["run", "--", "/nonexistent"]));
    assert_eq!(missing.status.code(), Some(127));
}

/// A session inside a session is the same session.
#[test]
fn sessions_do_not_nest() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let mut run = shim.run(&daemon);
    run.current_dir(library.path());
    let inner = shim.program("nix-sccache");
    let inner = [
        inner.to_str().unwrap(),
        "run",
        "--",
        "cargo",
        "build",
        "--release",
        "--offline",
    ];
    let built = nix_sccache_tests::reported(run, inner);
    assert_eq!(built.hits_and_misses(), (0, 2), "{built:#?}");
    assert_eq!(
        built.stderr.matches("nix-sccache: hits").count(),
        1,
        "{built:#?}"
    );
}

#[test]
fn the_report_is_shown_while_a_session_runs() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let mut run = shim.run(&daemon);
    run.current_dir(library.path());
    let tool = shim.program("nix-sccache");
    let script = format!(
        "cargo build --release --offline && {0} report --json > json && {0} report > text",
        tool.display()
    );
    let built = nix_sccache_tests::reported(run, ["sh", "-c", &script]);
    assert_eq!(built.code, Some(0), "{built:#?}");
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(library.path().join("json")).unwrap()).unwrap();
    assert_eq!(json["misses"], 2);
    let text = std::fs::read_to_string(library.path().join("text")).unwrap();
    assert!(
        text.starts_with("nix-sccache: hits 0 of 2, misses 2"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );

    let outside = output(
        Command::new(tool)
            .arg("report")
            .env_remove("NIX_SCCACHE_SESSION"),
    );
    assert!(!outside.status.success());
    assert!(String::from_utf8_lossy(&outside.stderr).contains("nix-sccache run -- COMMAND"));
}

/// Every call leaves a line, and a log that was kept gives the same report.
#[test]
fn the_log_has_a_line_a_call() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let log = library.path().join("calls");
    let mut run = shim.run(&daemon);
    run.arg("--log").arg(&log);
    let built = build(run, &library);
    let calls: Vec<serde_json::Value> = std::fs::read_to_string(&log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outcomes = |outcome: &str| {
        calls
            .iter()
            .filter(|call| call["outcome"] == outcome)
            .count() as u64
    };
    assert_eq!(outcomes("miss"), 2, "{calls:#?}");
    assert_eq!(outcomes("passthrough"), 1, "{calls:#?}");
    assert_eq!(outcomes("probe"), built.count("probes"), "{calls:#?}");
    let mut report = Command::new(shim.program("nix-sccache"));
    let json = stdout_of(report.args(["report", "--json", "--log"]).arg(&log));
    std::fs::write(&log, "no log\n").unwrap();
    let mut other = Command::new(shim.program("nix-sccache"));
    let other = output(other.args(["report", "--log"]).arg(&log));
    assert!(!other.status.success());
    let said = String::from_utf8_lossy(&other.stderr);
    assert!(said.contains("this is no log"), "{said}");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&json).unwrap(),
        built.report
    );
}

/// The same bytes, with the cache cold, warm and absent.
#[test]
fn the_bytes_are_the_same() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let mut programs = Vec::new();
    for _ in 0..2 {
        build(shim.run(&daemon), &library);
        programs.push(std::fs::read(library.program()).unwrap());
    }
    library.clean();
    stdout_of(Command::new("cargo").current_dir(library.path()).args([
        "build",
        "--release",
        "--offline",
    ]));
    programs.push(std::fs::read(library.program()).unwrap());
    assert!(programs.windows(2).all(|pair| pair[0] == pair[1]));
}
