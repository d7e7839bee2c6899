//! `packages.units` on a machine, as its own script installs it.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_tests::{Host, built, hosts, library, root, stdout_of};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::{command, host};

/// A bare machine, which mounts the program of [`Machine::exchange_in_a_build`] into its builds.
fn machine(host: &Host) -> Machine {
    let machine = Machine::start_bare(host);
    let conf = machine.path("/etc/nix/nix.conf");
    let text = fs::read_to_string(&conf).unwrap();
    let attack = env!("CARGO_BIN_EXE_attack");
    fs::write(
        &conf,
        format!("{text}\nextra-sandbox-paths = /attack={attack}\n"),
    )
    .unwrap();
    machine.inside(&["systemctl", "restart", "nix-daemon.service"]);
    machine
}

/// What precedes a command of root's on that machine, whose Nix reads its `/etc/nix`.
fn of_root(host: &Host) -> [String; 5] {
    let programs = host.path().parent().unwrap().display();
    let path = format!("PATH={programs}:/usr/bin:/bin:/usr/sbin:/sbin");
    ["env", "-i", "HOME=/run", "NIX_REMOTE=daemon", &path].map(str::to_owned)
}

/// The script of units with the plugin.
fn script(host: &Host, settings: &Value) -> String {
    let mut build = command(host, "units.nix", settings);
    build.args(["--argstr", "plugin"]).arg(host.plugin());
    let rendered = stdout_of(&mut build);
    format!("{}/share/doc/nix-sccache/install.sh", rendered.trim())
}

/// It installs and, the second time, updates: a build reaches the cache by what `nix.conf` includes,
/// and the plugin is loaded.
#[test]
fn the_script_installs_and_updates() {
    for host in hosts() {
        let machine = machine(&host);
        let root = of_root(&host);
        let root = root.each_ref().map(String::as_str);
        for (settings, variable) in [
            (json!({}), ""),
            (json!({ "disk": { "size": "1G" } }), "SCCACHE_CACHE_SIZE=1G"),
        ] {
            let script = script(&host, &settings);
            machine.inside(&[&root, &["sh", &script][..]].concat());
            machine.wait_for_sockets();
            let environment = machine.property("nix-sccache-daemon.service", "Environment");
            assert!(environment.contains(variable), "{environment}");
            let said = machine.exchange_in_a_build(&[&root, &["nix-build"][..]].concat());
            assert_eq!(said, "exchange: the same\n");
        }
        for unit in ["nix-sccache-daemon.service", "nix-sccache.socket"] {
            let state = machine.inside(&["systemctl", "is-enabled", unit]);
            assert_eq!(state.trim(), "enabled", "{unit}");
        }
        let conf = fs::read_to_string(machine.path("/etc/nix/nix.conf")).unwrap();
        assert_eq!(conf.matches("!include").count(), 1, "{conf}");
        let eval = ["nix-instantiate", "--eval", "--expr", "builtins ? rust"];
        let said = machine.inside(&[&root[..], &eval].concat());
        assert_eq!(said.trim(), "true");
    }
}

/// `nix-sccache setup` shows what the script does, does it, as often as somebody likes, and says how to undo it; nothing that
/// somebody else made is written over.
#[test]
fn setup_shows_and_then_writes() {
    let host = host();
    let machine = machine(&host);
    let root = of_root(&host);
    let root = root.each_ref().map(String::as_str);
    let script = script(&host, &json!({}));
    let units = script.split("/share/").next().unwrap();
    let tool = built("nix-sccache").display().to_string();
    let setup = |more: &[&str]| {
        let mut setup = Command::new("nsenter");
        setup.args(machine.inside_of()).args(root);
        let arguments = ["setup", "--units", units];
        let output = setup.arg(&tool).args(arguments).args(more).output();
        let output = output.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    let conf = machine.path("/etc/nix/nix.conf");
    let before = fs::read_to_string(&conf).unwrap();
    let (done, said) = setup(&[]);
    assert!(
        done && said.contains("to be made") && said.contains("plugin-files"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&conf).unwrap(), before);

    let own = machine.path("/etc/systemd/system/nix-sccache.service");
    fs::write(&own, "[Unit]\n").unwrap();
    let (done, said) = setup(&["--write"]);
    assert!(
        !done && said.contains("/etc/systemd/system/nix-sccache.service away"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&own).unwrap(), "[Unit]\n");
    assert_eq!(fs::read_to_string(&conf).unwrap(), before);
    fs::remove_file(&own).unwrap();

    for _ in 0..2 {
        let (done, said) = setup(&["--write"]);
        assert!(done && said.contains("To undo it:"), "{said}");
        machine.wait_for_sockets();
        let said = machine.exchange_in_a_build(&[&root, &["nix-build"][..]].concat());
        assert_eq!(said, "exchange: the same\n");
    }
    let after = fs::read_to_string(&conf).unwrap();
    assert_eq!(after.matches("!include").count(), 1, "{after}");
    let (_, said) = setup(&[]);
    assert!(!said.contains("to be made"), "{said}");
}

/// The first hour of a machine that is set up for every build, by a Nix without the plugin: a derivation that knows nothing of
/// it is built, and built again when a line is another, and the commands tell of it.
#[test]
fn plain_builds_are_seen_after_setup() {
    let host = host();
    let (machine, library) = (machine(&host), library("hello").locked());
    let root_of = of_root(&host);
    let root_of = root_of.each_ref().map(String::as_str);
    let tool = built("nix-sccache").display().to_string();
    let tell = |words: &[&str]| machine.inside(&[&root_of, &[tool.as_str()][..], words].concat());

    let settings = json!({ "everyBuild": { "enable": true } });
    let units = stdout_of(&mut crate::command(&host, "units.nix", &settings));
    tell(&["setup", "--units", units.trim(), "--write"]);
    machine.wait_for_sockets();

    let build = |run: &str| {
        let file = root().join("tests/sandbox/library.nix");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let run = format!("{}-{run}", now.as_nanos());
        let (file, source) = (
            file.display().to_string(),
            library.path().display().to_string(),
        );
        let words = [
            "nix-build",
            &file,
            "--no-out-link",
            "--argstr",
            "source",
            &source,
        ];
        machine.inside(&[&root_of, &words[..], &["--argstr", "run", &run]].concat());
    };
    build("cold");
    build("warm");
    library.write(
        "base/src/lib.rs",
        "//! Base.\n/// Adds.\npub fn add(a: u32, b: u32) -> u32 { b + a }\n",
    );
    build("changed");

    let listed: Value = serde_json::from_str(&tell(&["builds", "--json"])).unwrap();
    let builds = listed["builds"].as_array().unwrap();
    let count = |at: usize, name: &str| builds[at][name].as_u64().unwrap();
    assert_eq!(builds.len(), 3, "{listed:#}");
    assert!(
        builds
            .iter()
            .all(|build| build["pname"] == "library" || build["name"] == "library")
    );
    assert!(
        count(2, "hits") == 0 && count(2, "misses") > 0,
        "{listed:#}"
    );
    assert!(
        count(1, "hits") == count(2, "misses") && count(1, "misses") == 0,
        "{listed:#}"
    );
    let table = tell(&["builds"]);
    assert_eq!(table.matches(" library ").count(), 3, "{table}");
    let explained = tell(&["explain", "base"]);
    assert!(
        explained.contains("source src/lib.rs changed"),
        "{explained}"
    );
    tell(&["report", "library", "--html", "/run/page.html"]);
    let page = fs::read_to_string(machine.path("/run/page.html")).unwrap();
    assert!(page.contains("greeting"), "{page}");
    let doctor = tell(&["doctor"]);
    assert!(doctor.contains("/.cargo"), "{doctor}");
}

/// A file of somebody's in the place of one of ours stays, and stops it.
#[test]
fn what_is_there_stays() {
    let host = host();
    let machine = machine(&host);
    let script = script(&host, &json!({}));
    let install = || {
        Command::new("nsenter")
            .args(machine.inside_of())
            .args(of_root(&host))
            .arg("sh")
            .arg(&script)
            .output()
            .unwrap()
    };
    for file in [
        "/etc/tmpfiles.d/nix-sccache.conf",
        "/etc/systemd/system/nix-sccache.service",
    ] {
        let place = machine.path(file);
        fs::write(&place, "# mine\n").unwrap();
        let stopped = install();
        let errors = String::from_utf8_lossy(&stopped.stderr);
        assert!(!stopped.status.success(), "{file}: {errors}");
        assert!(
            errors.contains(file) && errors.contains("exists"),
            "{errors}"
        );
        assert_eq!(fs::read_to_string(&place).unwrap(), "# mine\n");
        fs::remove_file(&place).unwrap();
    }
    // Of two such lines Nix goes by the last.
    let conf = machine.path("/etc/nix/nix.conf");
    let text = fs::read_to_string(&conf).unwrap();
    let line = format!("plugin-files = {}", host.plugin().display());
    let with_others = format!("{text}{line}\n");
    fs::write(&conf, &with_others).unwrap();
    let stopped = install();
    let printed = String::from_utf8_lossy(&stopped.stdout);
    let errors = String::from_utf8_lossy(&stopped.stderr);
    assert!(!stopped.status.success(), "{errors}");
    assert!(printed.contains(&line), "{printed}");
    assert!(errors.contains("plugin = null"), "{errors}");
    assert_eq!(fs::read_to_string(&conf).unwrap(), with_others);

    fs::write(&conf, text).unwrap();
    let done = install();
    assert!(done.status.success(), "{done:?}");
}

/// The same as on NixOS, and for the same reasons: `nix/checks/nixos.nix` has them all.
#[test]
fn what_cannot_work_is_refused() {
    for host in hosts() {
        for (settings, expected) in [
            (
                json!({ "redis": { "endpoint": "redis://me:hunter2@h" } }),
                "environmentFile",
            ),
            (
                json!({ "redis": { "endpoint": "redis+unix:///run/r?pass=hunter2" } }),
                "environmentFile",
            ),
            (
                json!({ "redis": { "endpoint": "redis+unix:///run/r" } }),
                "write redis+unix://localhost/run/r",
            ),
            (
                json!({ "s3": { "bucket": "b" } }),
                "settings.s3.region is wanted",
            ),
            (
                json!({ "disk": { "directory": "/home/me/cache" } }),
                "/var/cache/nix-sccache",
            ),
            (json!({ "disk": { "directory": "cache" } }), "no whole path"),
            (json!({ "disk": { "size": "large" } }), "[KMGT]"),
            (json!({ "group": "a b" }), "letters"),
            (json!({ "disc": {} }), "does not exist"),
        ] {
            let output = command(&host, "units.nix", &settings).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{settings}");
            assert!(errors.contains(expected), "{settings}: {errors}");
            assert!(!errors.contains("hunter2"), "{errors}");
        }
    }
}
