//! The units themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::attack::attack;
use nix_sccache_tests::{hosts, script, stdout_of, until};
use serde_json::json;

use crate::machine::Machine;
use crate::{host, nixos, plain, units_in};

/// What `systemd-analyze security` may find open, in tenths, of the gateway, who has to see other
/// users, and of the daemon: on this machine alone, and with a level beyond it.
const NEAR: [u32; 2] = [4, 2];
const FAR: [u32; 2] = [4, 11];

const SERVICES: [&str; 2] = ["nix-sccache.service", "nix-sccache-daemon.service"];

/// Directives whose words may be in one line, as NixOS has them, or in several.
const LISTS: [&str; 3] = ["After", "Requires", "Wants"];

/// The lines of a unit, each with its section. Who wants a unit, and what it may execute, NixOS
/// has elsewhere.
fn lines(file: &Path) -> BTreeSet<String> {
    let mut section = "";
    let text = fs::read_to_string(file).unwrap();
    let mut lines = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('[') {
            section = line;
        } else if section != "[Install]" && !line.contains("ExecPaths=") {
            match line.split_once('=') {
                Some((name, value)) if section == "[Unit]" && LISTS.contains(&name) => {
                    for word in value.split_whitespace() {
                        lines.insert(format!("{section} {name}={word}"));
                    }
                }
                _ => {
                    lines.insert(format!("{section} {line}"));
                }
            }
        }
    }
    lines
}

#[test]
fn nixos_and_plain_units_are_the_same() {
    let variants = [
        json!({}),
        json!({ "readOnly": true, "group": "nixbld", "disk": { "size": "20G" } }),
        json!({
            "disk": { "directory": "/srv/cache" },
            "redis": { "endpoint": "redis+unix://localhost/run/r.sock", "prefix": "q" },
            "limits": { "maxMemory": "128M", "idle": 60 },
        }),
        json!({
            "redis": { "endpoint": "rediss://cache.example:6379/?a=1&b=2%" },
            "s3": {
                "bucket": "b", "region": "auto", "endpoint": "https://s3.example",
                "prefix": "p/100", "credentialsFile": "/etc/nix-sccache/s3",
            },
            "environmentFile": "/etc/nix-sccache/env",
            "maxFrame": 1 << 20,
        }),
        json!({
            "everyBuild": { "enable": true, "exclude": ["firefox", "vim"], "links": "host", "timeout": 9, "verify": 7 },
            "write": ["ci", "@wheel"],
            "logs": { "group": "wheel", "size": "1G", "days": 3 },
        }),
    ];
    for host in hosts() {
        for settings in &variants {
            let (ours, theirs) = (plain(&host, settings), nixos(&host, settings));
            for file in [
                "nix-sccache.socket",
                "nix-sccache.service",
                "nix-sccache-daemon.service",
            ] {
                let [ours, theirs] =
                    [&ours, &theirs].map(|directory| lines(&units_in(directory).join(file)));
                assert!(ours.len() > 3, "{file}: {ours:?}");
                assert_eq!(ours, theirs, "{file}, {settings}");
            }
            for directory in ["lib/sysusers.d", "lib/tmpfiles.d", "etc/nix"] {
                let file = format!("{directory}/nix-sccache.conf");
                let [ours, theirs] = [&ours, &theirs]
                    .map(|directory| fs::read_to_string(directory.join(&file)).unwrap());
                assert_eq!(ours, theirs, "{file}, {settings}");
            }
        }
    }
}

/// What the settings of `everyBuild`, of who may write and of what is kept of builds come to.
#[test]
fn settings_reach_programs() {
    for host in hosts() {
        let rendered = plain(
            &host,
            &json!({
                "everyBuild": { "enable": true, "exclude": ["firefox", "vim"], "links": "host", "timeout": 9, "verify": 7 },
                "write": ["ci", "@wheel"],
                "logs": { "size": "1G", "days": 3 },
            }),
        );
        let service = units_in(&rendered).join("nix-sccache.service");
        let service = fs::read_to_string(service).unwrap();
        let options = "--write ci,@wheel --logs /var/lib/nix-sccache --logs-size 1G --logs-days 3";
        assert!(service.contains(options), "{service}");
        let conf = fs::read_to_string(rendered.join("etc/nix/nix-sccache.conf")).unwrap();
        let mounted = conf.split_once("/.cargo=").unwrap().1;
        let settings = Path::new(mounted.trim().trim_end_matches('?')).join("settings");
        let settings = fs::read_to_string(settings).unwrap();
        for line in [
            "NIX_SCCACHE_EXCLUDE=firefox,vim",
            "NIX_SCCACHE_LINKS=host",
            "NIX_SCCACHE_TIMEOUT=9",
            "NIX_SCCACHE_VERIFY=7",
        ] {
            assert!(settings.lines().any(|it| it == line), "{line}: {settings}");
        }
    }
}

/// Both renderings, as systemd reads them: no directive that it does not know, and no more open
/// than there has to be.
#[test]
fn systemd_takes_them() {
    let far = json!({ "s3": { "bucket": "b", "region": "auto" } });
    for (rendered, most) in [
        (plain(&host(), &json!({})), NEAR),
        (plain(&host(), &far), FAR),
        (nixos(&host(), &json!({})), NEAR),
        (nixos(&host(), &far), FAR),
    ] {
        let units = units_in(&rendered);
        let verified = Command::new("systemd-analyze")
            .args(["verify", "--man=no", "--generators=no"])
            .args(SERVICES.map(|unit| units.join(unit)))
            .arg(units.join("nix-sccache.socket"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stderr);
        // Of the machine's own units there is much to say.
        let ours: Vec<_> = said
            .lines()
            .filter(|line| line.contains("sccache"))
            .collect();
        assert!(verified.status.success() && ours.is_empty(), "{said}");
        for (unit, most) in SERVICES.iter().zip(most) {
            stdout_of(
                Command::new("systemd-analyze")
                    .args(["security", "--offline=true", "--no-pager"])
                    .arg(format!("--threshold={most}"))
                    .arg(units.join(unit)),
            );
        }
    }
}

/// The gateway begins with the first connection, and serves; neither it nor the daemon can run
/// anything, although the daemon would.
#[test]
fn systemd_runs_them() {
    let machine = Machine::start(&plain(&host(), &json!({})));
    let state = |unit: &str| machine.property(unit, "ActiveState");
    assert_eq!(state("nix-sccache-daemon.service"), "active");
    assert_eq!(state("nix-sccache.service"), "inactive");

    assert_eq!(machine.build("exchange", ""), "exchange: the same");
    assert_eq!(state("nix-sccache.service"), "active");

    for (unit, user) in [
        ("nix-sccache.service", "nix-sccache"),
        ("nix-sccache-daemon.service", "sccache"),
    ] {
        let pid = machine.property(unit, "MainPID");
        let place = format!("/proc/{pid}/stat");
        let said = machine.inside(&["stat", "-c", "%U %G", &place]);
        assert_eq!(said.trim(), format!("{user} nix-sccache"), "{unit}");
    }
    // Its address space has a limit, within which it serves as many as it lets in.
    let limits =
        ["LimitAS", "Environment"].map(|name| machine.property("nix-sccache.service", name));
    let expected = [(512_u64 << 20).to_string(), "MALLOC_ARENA_MAX=1".to_owned()];
    assert_eq!(limits, expected);
    assert!(machine.build("hold", "1").starts_with("hold: 1"));
    assert_eq!(machine.build("exchange", ""), "exchange: the same");
    let restarts = machine.property("nix-sccache.service", "NRestarts");
    assert_eq!(restarts, "0");
    let told = machine.inside(&["stat", "-c", "%a %U %G", "/run/nix-sccache/sccache.sock"]);
    assert_eq!(told.trim(), "666 root root");
    let told = machine.inside(&["stat", "-c", "%a %U %G", "/run/nix-sccache-daemon"]);
    assert_eq!(told.trim(), "750 sccache nix-sccache");

    // What builds tell is kept where root alone reads it.
    let attack = env!("CARGO_BIN_EXE_attack");
    machine.inside(&[attack, "/run/nix-sccache/log.sock", "tell", "orders"]);
    let kept = machine.path("/var/lib/nix-sccache");
    let files = || fs::read_dir(&kept).unwrap().count();
    until(|| files() == 4, || files().to_string());
    let told = machine.inside(&["stat", "-c", "%a %U", "/var/lib/nix-sccache"]);
    assert_eq!(told.trim(), "700 nix-sccache");

    // What no build can ask for.
    assert_eq!(machine.build("compile", TELLTALE), "compile: refused");
    assert!(!runs(&machine, "/bin/sh") && !runs(&machine, TELLTALE));
    assert_eq!(machine.build("exchange", ""), "exchange: the same");
    let restarts = machine.property("nix-sccache-daemon.service", "NRestarts");
    assert_eq!(restarts, "0");

    machine.inside(&["systemctl", "stop", "nix-sccache.socket"]);
    let there = machine.inside(&["ls", "/run/nix-sccache"]);
    assert_eq!(there, "", "a socket that nobody listens at");
}

/// A build is in the group of the build users, on every Nix, and who is not gets nothing.
#[test]
fn a_group_is_that_of_builds() {
    let machine = Machine::start(&plain(&host(), &json!({ "group": "nixbld" })));
    let attack = env!("CARGO_BIN_EXE_attack");
    let socket = "/run/nix-sccache/sccache.sock";
    for host in hosts() {
        let program = host.path().with_file_name("nix-build");
        let mounts = format!("/run/nix-sccache? /attack={attack}");
        let options = ["--option", "extra-sandbox-paths", &mounts];
        let said =
            machine.exchange_in_a_build(&[&[program.to_str().unwrap()], &options[..]].concat());
        assert_eq!(said, "exchange: the same\n", "{}", host.name());
    }
    for (group, expected) in [("nixbld", 0), ("nogroup", 1)] {
        let group = format!("--regid={group}");
        let may_connect = Command::new("nsenter")
            .args(machine.inside_of())
            .args(["setpriv", "--reuid=nobody", &group, "--clear-groups"])
            .args(["test", "-w", socket])
            .status();
        assert_eq!(may_connect.unwrap().code(), Some(expected), "{group}");
    }
}

/// Without the confinement it would.
#[test]
fn a_daemon_that_may_runs_anything() {
    let rendered = plain(&host(), &json!({}));
    let machine = Machine::start_with(&rendered, "NoExecPaths=\nExecPaths=\n");
    assert!(runs(&machine, TELLTALE));
}

/// A program in the one directory that the daemon can write to, which leaves a mark there.
const TELLTALE: &str = "/var/cache/nix-sccache/rustc";

/// Whether the daemon, which is asked to compile, runs a program.
fn runs(machine: &Machine, program: &str) -> bool {
    let mark = machine.path("/var/cache/nix-sccache/mark");
    script(
        &machine.path(TELLTALE),
        "#!/bin/sh\necho ran > /var/cache/nix-sccache/mark\n",
    );
    attack(&machine.daemon(), "compile", program);
    mark.exists()
}
