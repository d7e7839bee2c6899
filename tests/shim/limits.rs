//! Whatever of ours cannot be had, the compiler is run.

use std::fs;
use std::process::Command;

use nix_sccache_tests::{
    Daemon, Library, Shim, library, reported, rustc, sccache, script, stdout_of,
};
use tempfile::TempDir;

use crate::{build, shim};

/// It is started for each call, and a dynamic linker takes as long as all the rest of that.
#[test]
fn no_dynamic_linker() {
    let shim = shim();
    let program = shim.program("sccache");
    let headers = stdout_of(
        Command::new("readelf")
            .arg("--program-headers")
            .arg(program),
    );
    assert!(
        headers.contains("LOAD") && !headers.contains("INTERP"),
        "{headers}"
    );
}

/// For every limit at which a compiler works alone, it works behind the shim, in a session and
/// without.
#[test]
fn few_processes_and_few_files() {
    let (shim, daemon, folder) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let folder = folder.path();
    // What nobody's processes may read.
    stdout_of(
        Command::new("chmod")
            .args(["-R", "a+rX"])
            .arg(shim.path())
            .arg(folder),
    );
    fs::write(folder.join("a.c"), "int a(void) { return 1; }\n").unwrap();
    fs::write(folder.join("a.rs"), "pub fn a() {}\n").unwrap();
    // What root alone may reach is of no use to others.
    stdout_of(
        Command::new("cp")
            .arg(sccache())
            .arg(folder.join("sccache")),
    );
    stdout_of(Command::new("chmod").arg("1777").arg(folder));
    let rustc = rustc().display().to_string();
    let has_own_rustc = Command::new("setpriv")
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            &rustc,
            "-vV",
        ])
        .output()
        .is_ok_and(|output| output.status.success());
    let gcc = "gcc -c a.c -o $OUT/a.o".to_owned();
    let crate_ = format!(
        "{rustc} --crate-name a --edition=2021 a.rs --crate-type lib --emit=link --out-dir $OUT"
    );
    let nobody = "setpriv --reuid=65533 --regid=65533 --clear-groups";
    let mut rows = Vec::new();
    for limit in 1..=16 {
        // The user of the processes counts; root has no limit of that kind.
        rows.push((format!("ulimit -u {limit}"), nobody, &gcc));
        rows.push((format!("ulimit -n {limit}"), "", &gcc));
        rows.push((format!("ulimit -n {limit}"), "", &crate_));
        if has_own_rustc {
            rows.push((format!("ulimit -u {limit}"), nobody, &crate_));
        }
    }
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (limit, user, call) in rows {
        let run = |call: &str, session: Option<&str>| {
            let out = TempDir::new().unwrap();
            stdout_of(Command::new("chmod").arg("1777").arg(out.path()));
            // The shell itself is the user's process, too.
            let line = format!("{limit}; exec {call}");
            let mut shell = Command::new("sh");
            let by = format!("exec {user} sh -c '{line}'");
            shell
                .current_dir(folder)
                .args(["-c", &by])
                .env("OUT", out.path());
            shell
                .env_remove("NIX_SCCACHE_SESSION")
                .env("NIX_SCCACHE_SCCACHE", folder.join("sccache"));
            shell.env("SCCACHE_SERVER_UDS", daemon.socket());
            shell
                .env("NIX_SCCACHE_TRANSPORT", "server")
                .env("NIX_SCCACHE_TIMEOUT", "20");
            shell.env("HOME", out.path());
            if let Some(session) = session {
                shell.env("NIX_SCCACHE_SESSION", session);
            }
            let output = shell.output().unwrap();
            (
                output.status.success(),
                String::from_utf8_lossy(&output.stderr).into_owned(),
            )
        };
        if !run(call, None).0 {
            continue;
        }
        tried += 1;
        let session = TempDir::new().unwrap();
        stdout_of(Command::new("chmod").arg("1777").arg(session.path()));
        for session in [None, session.path().to_str()] {
            let through = format!("{} {call}", shim.program("sccache").display());
            let (well, said) = run(&through, session);
            if !well || said.contains("panicked") {
                wrong.push(format!("{limit} {user} {call} {session:?}: {said}"));
            }
        }
    }
    assert!(tried > 30, "{tried}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Nothing of ours is put where the compiler has its temporary files.
#[test]
fn no_directory_for_temporary_files() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let mut run = shim.run(&daemon);
    run.env("TMPDIR", "/nonexistent");
    let built = build(run, &library);
    // rustc alone can link without, as it falls back to the crate's own directory.
    assert_eq!(
        (built.hits_and_misses(), built.troubles()),
        ((0, 2), 0),
        "{built:#?}"
    );
}

/// A folder that no session has made stays, whatever the variable names.
#[test]
fn a_folder_that_is_no_session() {
    let (shim, folder) = (shim(), TempDir::new().unwrap());
    let file = folder.path().join("kept");
    fs::write(&file, "").unwrap();
    let mut end = Command::new(shim.program("nix-sccache-shim"));
    end.args(["session", "end"])
        .env("NIX_SCCACHE_SESSION", folder.path());
    stdout_of(&mut end);
    assert!(file.exists());
}

/// In a shell of Nix's, where no session is and the socket is none of the shell's, one line says so.
#[test]
fn a_shell_of_nix_is_told_once() {
    let (shim, library, runtime) = (shim(), library("hello"), TempDir::new().unwrap());
    let cargo = |shell: Option<&str>| {
        library.clean();
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(library.path())
            .args(["build", "--release", "--offline"])
            .env("RUSTC_WRAPPER", shim.program("sccache"))
            .env("NIX_SCCACHE_SCCACHE", sccache())
            .env("NIX_SCCACHE_TRANSPORT", "server")
            .env("SCCACHE_SERVER_UDS", "/nonexistent/sccache.sock")
            .env("XDG_RUNTIME_DIR", runtime.path());
        match shell {
            Some(shell) => cargo.env("IN_NIX_SHELL", shell),
            None => cargo.env_remove("IN_NIX_SHELL"),
        };
        let output = cargo.output().unwrap();
        assert!(output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.lines()
            .filter(|line| line.contains("nix-sccache: "))
            .count()
    };
    assert_eq!(cargo(Some("impure")), 1);
    assert_eq!(cargo(Some("impure")), 0);
    assert!(cargo(None) > 1);
}

/// A session in which nothing is compiled warns.
#[test]
fn nothing_is_compiled() {
    let shim = shim();
    let built = reported(shim.run_with("server"), ["true"]);
    assert!(
        built.stderr.contains("warning: nothing was compiled"),
        "{built:#?}"
    );
}

/// How cargo alone builds, and behind the shim.
fn wrapped(
    shim: &Shim,
    daemon: &Daemon,
    library: &Library,
    change: impl Fn(&mut Command),
) -> [(String, String); 2] {
    [true, false].map(|through| {
        library.clean();
        let mut command = if through {
            let mut run = Command::new(shim.program("nix-sccache"));
            run.args(["run", "--", "cargo"])
                .env("NIX_SCCACHE_SCCACHE", sccache())
                .env("SCCACHE_SERVER_UDS", daemon.socket());
            run
        } else {
            Command::new("cargo")
        };
        command
            .current_dir(library.path())
            .args(["build", "--release", "--offline"])
            .env_remove("RUSTC_WRAPPER");
        change(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (stdout_of(&mut Command::new(library.program())), said)
    })
}

/// A project with a rustc-wrapper of its own is built as cargo alone builds it, however it names it,
/// and the report says so.
#[test]
fn a_wrapper_of_the_project() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    library.write(
        "program/src/main.rs",
        "#![allow(unexpected_cfgs)]\nfn main() { print!(\"{}\", cfg!(wrapped)); }\n",
    );
    let wrapper = library.path().join("tools/wrap");
    fs::create_dir_all(wrapper.parent().unwrap()).unwrap();
    script(&wrapper, "#!/bin/sh\nexec \"$@\" --cfg wrapped\n");
    let check = |how: &str, change: &dyn Fn(&mut Command)| {
        let [(through, said), (alone, _)] = wrapped(&shim, &daemon, &library, change);
        assert_eq!(
            (through.as_str(), alone.as_str()),
            ("true", "true"),
            "{how}: {said}"
        );
        assert!(said.contains("has cargo call its own"), "{how}: {said}");
    };
    let variable = "CARGO_BUILD_RUSTC_WRAPPER";
    check("a variable", &|cargo| _ = cargo.env(variable, &wrapper));
    let option = format!("build.rustc-wrapper='{}'", wrapper.display());
    check("an option", &|cargo| _ = cargo.args(["--config", &option]));
    fs::create_dir(library.path().join(".cargo")).unwrap();
    library.write(
        ".cargo/config.toml",
        "[build]\nrustc-wrapper = \"tools/wrap\"\n",
    );
    check("a file", &|_| ());
    // One that calls sccache is not called again and again.
    let sccache = shim.program("sccache");
    script(
        &wrapper,
        &format!(
            "#!/bin/sh\nexec {} \"$@\" --cfg wrapped\n",
            sccache.display()
        ),
    );
    check("one that asks the cache", &|_| ());
    // The cache itself is none to stand aside for.
    library.write(
        ".cargo/config.toml",
        "[build]\nrustc-wrapper = \"sccache\"\n",
    );
    let path = format!(
        "{}:{}",
        sccache.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let [(through, said), _] = wrapped(&shim, &daemon, &library, |cargo| {
        cargo.env("PATH", &path);
    });
    assert!(
        through == "false" && !said.contains("has cargo call its own"),
        "{said}"
    );
}
