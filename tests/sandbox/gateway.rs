//! Builds that attack what is mounted into their sandbox, and builds beside them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix_sccache_tests::attack::ATTACKS;
use nix_sccache_tests::{Daemon, Derivation, Gateway, hosts, script, stdout_of};
use serde_json::json;

use crate::project;

/// A derivation that reaches the daemon by way of the gateway, and has the attacker.
fn through(gateway: &Gateway, attacker: &Path) -> Derivation {
    Derivation::new(json!({ "transport": "server" }))
        .mount(&gateway.folder(), "/run/nix-sccache")
        .mount(attacker, "/attacker")
}

/// A directory that build users see, with the attacker in it.
fn attacker() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    stdout_of(Command::new("cp").args([
        env!("CARGO_BIN_EXE_attack").as_ref(),
        directory.path().join("attack").as_path(),
    ]));
    directory
}

/// The promise of every transport, by this one: the second build gets from the cache what did
/// not change, and builds the same bytes.
#[test]
fn hits_pass() {
    for host in hosts() {
        let (daemon, library, attacker) = (Daemon::start(), project(), attacker());
        let gateway = Gateway::start(&daemon, &[]);
        let derivation = through(&gateway, attacker.path());
        let plain = Derivation::new(json!(null)).build(&host, &library);
        for expected in [(0, 2), (2, 0)] {
            let built = derivation.build(&host, &library);
            built.assert_counts(expected);
            assert_eq!(built.contents(), plain.contents());
        }
        assert!(!gateway.log().contains("refused"), "{}", gateway.log());
    }
}

/// With users that Nix makes up for each build, which are in no group of the machine's: they get what
/// everybody may have, and nothing of what the build users alone may.
#[test]
fn users_that_are_made_up() {
    /// Where Nix begins to number them.
    const FIRST: u32 = 0x3400_0000;
    // Nix has them since 2.12.
    for host in hosts().filter(|host| host.is_from(2, 12)) {
        let (daemon, library, signs) = (Daemon::start(), project(), tempfile::tempdir().unwrap());
        fs::set_permissions(signs.path(), Permissions::from_mode(0o1777)).unwrap();
        let gateway = Gateway::start(&daemon, &[]);
        let derivation = Derivation::new(json!({ "transport": "server" }))
            .with(json!({ "preBuild": "touch /signs/$run" }))
            .mount(&gateway.folder(), "/run/nix-sccache")
            .mount(signs.path(), "/signs")
            .option("extra-experimental-features", "auto-allocate-uids")
            .option("auto-allocate-uids", "true");
        let build = |expected| {
            let built = derivation.build(&host, &library);
            assert_eq!(
                (built.hits_and_misses(), built.troubles()),
                expected,
                "{built:#?}\n{}",
                gateway.log()
            );
            built
        };
        let cold = build(((0, 2), 0));
        let warm = build(((2, 0), 0));
        let users = || {
            let signs = fs::read_dir(signs.path()).unwrap();
            signs.map(|sign| sign.unwrap().metadata().unwrap().uid())
        };
        assert!(
            users().count() == 2 && users().all(|user| user >= FIRST),
            "{:?}",
            users().collect::<Vec<_>>()
        );
        assert!(!gateway.log().contains("refused"), "{}", gateway.log());

        stdout_of(Command::new("chgrp").arg("nixbld").arg(gateway.socket()));
        fs::set_permissions(gateway.socket(), Permissions::from_mode(0o660)).unwrap();
        let without = build(((0, 0), 1));
        let contents = [cold, warm, without].map(|built| built.contents());
        assert!(
            contents.iter().all(|one| *one == contents[0]),
            "{contents:?}"
        );
    }
}

/// Builds are told apart from people.
#[test]
fn some_may_store() {
    for host in hosts() {
        let (library, attacker) = (project(), attacker());
        for (writers, warm, as_root) in [
            ("@nixbld,872415232-880803839", (2, 0), "not stored"),
            ("root", (0, 2), "the same"),
        ] {
            let daemon = Daemon::start();
            let gateway = Gateway::start(&daemon, &["--write", writers]);
            let derivation = through(&gateway, attacker.path());
            for expected in [(0, 2), warm] {
                let built = derivation.build(&host, &library);
                assert_eq!(built.hits_and_misses(), expected, "{writers}: {built:#?}");
            }
            // Tests are run by root.
            let mut exchange = Command::new(attacker.path().join("attack"));
            let said = stdout_of(exchange.arg(gateway.socket()).arg("exchange"));
            assert_eq!(said, format!("exchange: {as_root}\n"), "{writers}");
        }
    }
}

#[test]
fn attacks_come_to_nothing() {
    // What is attacked is the same for each Nix, and the sandbox is the kernel's.
    let host = hosts().next().unwrap();
    let (mut daemon, library, attacker) = (Daemon::start(), project(), attacker());
    let gateway = Gateway::start(&daemon, &["--timeout", "2"]);
    let victim = tempfile::tempdir().unwrap();
    let at = |name: &str| victim.path().join(name);
    script(
        &at("rustc"),
        &format!("#!/bin/sh\necho ran >{}\n", at("ran").display()),
    );
    fs::write(at("secret"), "secret").unwrap();
    let cache = daemon.folder();
    let cache = cache.parent().unwrap();

    let tries: Vec<String> = ATTACKS
        .iter()
        .map(|(name, _)| {
            let argument = match *name {
                "compile" => at("rustc"),
                "write-file" => at("written"),
                "read-file" => at("secret"),
                _ => cache.to_owned(),
            };
            format!(
                "/attacker/attack /run/nix-sccache/sccache.sock {name} {}\n",
                argument.display()
            )
        })
        .collect();
    let built = through(&gateway, attacker.path())
        .with(json!({ "preBuild": tries.concat() }))
        .build(&host, &library);
    for (name, expected) in ATTACKS {
        let line = format!("{name}: {expected}");
        assert!(
            built.log.lines().any(|said| said.ends_with(&line)),
            "no `{line}` in {built:#?}\n{}",
            gateway.log()
        );
    }
    assert!(!at("ran").exists() && !at("written").exists());
    assert!(daemon.runs());
    // It was a build user.
    assert!(!gateway.log().contains("user 0:"), "{}", gateway.log());
    // The attacker's own build has its cache, and so have those of others.
    assert_eq!(built.hits_and_misses(), (0, 2), "{built:#?}");
    let next = through(&gateway, attacker.path()).build(&host, &library);
    assert_eq!(next.hits_and_misses(), (2, 0), "{next:#?}");
}

/// Four builds take all connections, requests and memory that they can get, while another builds.
#[test]
fn whoever_holds_what_there_is_holds_up_nobody() {
    let host = hosts().next().unwrap();
    let (mut daemon, library, attacker) = (Daemon::start(), project(), attacker());
    let gateway = Gateway::start(&daemon, &["--max-frame", "32M", "--max-memory", "64M"]);
    let cold = through(&gateway, attacker.path()).build(&host, &library);
    assert_eq!(cold.hits_and_misses(), (0, 2), "{cold:#?}");

    let signs = tempfile::tempdir().unwrap();
    fs::set_permissions(signs.path(), Permissions::from_mode(0o777)).unwrap();
    let hold = "
        /attacker/attack /run/nix-sccache/sccache.sock hold 60 >/signs/held-$attacker &
        while [ ! -e /signs/done ]; do sleep 0.1; done
        kill $!
    ";
    let attack = |number: u32| {
        through(&gateway, attacker.path())
            .mount(signs.path(), "/signs")
            .with(json!({ "preBuild": hold, "attacker": number.to_string() }))
            .build(&host, &library)
    };
    let held = |number: u32| {
        let said = signs.path().join(format!("held-{number}"));
        fs::read_to_string(said).unwrap_or_default()
    };
    let (attacked, built) = thread::scope(|scope| {
        let attacked = [0, 1, 2, 3].map(|number| scope.spawn(move || attack(number)));
        for (number, attacking) in (0..).zip(&attacked) {
            while held(number).is_empty() && !attacking.is_finished() {
                thread::sleep(Duration::from_millis(50));
            }
        }
        let built = through(&gateway, attacker.path()).build(&host, &library);
        fs::write(signs.path().join("done"), "").unwrap();
        (attacked.map(|attacked| attacked.join().unwrap()), built)
    });
    built.assert_counts((2, 0));
    for (number, attacked) in (0..).zip(&attacked) {
        let held = held(number);
        assert!(held.starts_with("hold: 1"), "{held}: {attacked:#?}");
        assert!(attacked.output.is_some(), "{attacked:#?}");
    }
    assert!(daemon.runs());
    assert!(daemon.memory() < 300 << 10, "{} KiB", daemon.memory());
    assert!(gateway.peak() < 64 << 10, "{} KiB", gateway.peak());
}
