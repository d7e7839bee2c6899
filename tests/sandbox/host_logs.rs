//! What the host sees of builds: lines that they send to the gateway's second socket.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix_sccache_contract::log::{Entry, Outcome, whole_lines};
use nix_sccache_contract::record;
use nix_sccache_tests::{Built, Daemon, Derivation, Gateway, Host, hosts, stdout_of, until};
use serde_json::json;

use crate::{every_build, project};

/// What the host has of a build.
#[derive(Debug)]
pub struct Seen {
    build: record::Build,
    calls: Vec<Entry>,
    /// How many calls have told what their key was made of.
    keys: usize,
}

impl Seen {
    /// Hits and misses.
    pub fn counts(&self) -> (u64, u64) {
        let count = |outcome: &Outcome| {
            let calls = self.calls.iter();
            calls.filter(|call| call.outcome == *outcome).count() as u64
        };
        (count(&Outcome::Hit), count(&Outcome::Miss))
    }

    /// Calls of compilers of C.
    pub fn calls_of_c(&self) -> u64 {
        let calls = self.calls.iter();
        calls.filter(|call| call.language == "c").count() as u64
    }
}

/// All builds, the oldest first.
pub fn seen(logs: &Path) -> Vec<Seen> {
    let files = fs::read_dir(logs).unwrap().flatten();
    let texts: BTreeMap<_, _> = files
        .map(|file| file.path().display().to_string())
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    let logs = texts
        .iter()
        .filter(|(path, _)| !path.ends_with(".keys.jsonl"));
    let mut all: Vec<_> = logs
        .map(|(path, text)| {
            let (build, keys) = record::read(&texts[&path.replace(".jsonl", ".keys.jsonl")]);
            Seen {
                build,
                calls: whole_lines(text),
                keys: keys.len(),
            }
        })
        .collect();
    all.sort_by_key(|seen| seen.build.at);
    all
}

/// Tries to change what is mounted into every sandbox, for builds that come later.
const TAMPER: &str = r#"
    tampered() { if "$@" 2>/dev/null; then echo "tampered: $*"; fi; }
    write() { echo owned >>"$1"; }
    for place in /.cargo /run/nix-sccache; do
        tampered chmod -R u+rwx,go+w $place
        tampered touch $place/new
        for file in $place/*; do
            tampered mv $file $file.old
            tampered rm -f $file
            tampered ln -sfT /build $file
            if [[ ! -S $file ]]; then tampered write $file; fi
        done
        tampered mv $place /build/old
        tampered mount --bind /build $place
    done
"#;

/// A derivation with the programs of attackers.
fn attacked(gateway: &Gateway, mounted: &Path, lies: &[&str], attacker: &Path) -> Derivation {
    let tell = |lie: &&str| format!("/attacker/attack /run/nix-sccache/log.sock tell {lie}\n");
    let look = "ls -a /run/nix-sccache; ls /var/lib/nix-sccache /var/log || true\n";
    let lies: String = lies.iter().map(tell).collect();
    // Who builds beside it is another user for as long as this one has its own.
    let lies = lies + "sleep 3\n";
    Derivation::new(json!({ "transport": "server" }))
        .with(json!({ "preBuild": format!("{TAMPER}{look}{lies}") }))
        .mount(&gateway.folder(), "/run/nix-sccache")
        .mount(mounted, "/.cargo")
        .mount(attacker, "/attacker")
}

fn attacker() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let program = directory.path().join("attack");
    stdout_of(
        Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_attack"))
            .arg(program),
    );
    directory
}

/// The host counts what the build itself reports, both ways in, and knows who it was.
#[test]
fn the_host_sees_what_builds_did() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let gateway = Gateway::start_keeping(&daemon, &[]);
        let asks = Derivation::new(json!({ "transport": "server" }))
            .with(json!({ "API_TOKEN": "verysecret", "TAG": "verysecret" }))
            .mount(&gateway.folder(), "/run/nix-sccache");
        let unchanged = every_build::plain()
            .mount(&gateway.folder(), "/run/nix-sccache")
            .mount(&every_build::mounted(&host, &json!([])), "/.cargo");
        let mut expected = Vec::new();
        for derivation in [&asks, &asks, &unchanged, &unchanged] {
            let built = derivation.build(&host, &library);
            expected.push(built.hits_and_misses());
        }
        let seen = seen(gateway.logs());
        let counts: Vec<_> = seen.iter().map(Seen::counts).collect();
        assert_eq!(counts, expected, "{seen:#?}");
        assert!(counts[3].0 > 0, "{counts:?}");
        for seen in &seen {
            // Questions have keys as well.
            assert!(seen.keys as u64 >= seen.counts().0 + seen.counts().1);
            let out = seen.build.out.as_deref().unwrap();
            assert!(out.starts_with("/nix/store/"), "{out}");
            assert_ne!(seen.build.user.as_deref(), Some("0"));
        }
        assert_eq!(seen[3].build.pname.as_deref(), Some("hello"));
        let said = stdout_of(
            Command::new("cat").args(
                fs::read_dir(gateway.logs())
                    .unwrap()
                    .map(|file| file.unwrap().path()),
            ),
        );
        assert!(!said.contains("verysecret"), "a secret is told");
    }
}

fn plain(host: &Host, library: &nix_sccache_tests::Library) -> Built {
    Derivation::new(json!(null)).build(host, library)
}

/// A gateway without the socket, one that stands still, and one whose directory is full or gone.
#[test]
fn nobody_has_to_listen() {
    let host = hosts().next().unwrap();
    let (daemon, library) = (Daemon::start(), project());
    let without = plain(&host, &library);
    for trouble in ["older", "still", "gone"] {
        let gateway = Gateway::start_keeping(&daemon, &[]);
        let socket = gateway.folder().join("log.sock");
        let mut listens = None;
        match trouble {
            "older" => fs::remove_file(&socket).unwrap(),
            "still" => {
                fs::remove_file(&socket).unwrap();
                // Nobody takes what comes.
                listens = Some(std::os::unix::net::UnixListener::bind(&socket).unwrap());
                fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
            }
            _ => fs::remove_dir_all(gateway.logs()).unwrap(),
        }
        let built = Derivation::new(json!({ "transport": "server" }))
            .mount(&gateway.folder(), "/run/nix-sccache")
            .build(&host, &library);
        assert_eq!(built.troubles(), 0, "{trouble}: {built:#?}");
        assert_eq!(built.contents(), without.contents());
        assert!(!built.log.contains("log.sock"), "{built:#?}");
        drop(listens);
    }
}

/// A build that lies, floods and holds connections: it learns nothing, fills nothing, and hides no other.
#[test]
fn hostile_builds_come_to_nothing() {
    const SIZE: u64 = 8 << 20;
    let host = hosts().next().unwrap();
    let (daemon, library, attacker) = (Daemon::start(), project(), attacker());
    let gateway = Gateway::start_keeping(&daemon, &["--logs-size", "8M"]);
    let honest = Derivation::new(json!({ "transport": "server" }))
        .mount(&gateway.folder(), "/run/nix-sccache");
    let before = honest.build(&host, &library);
    let lies = ["read", "orders", "hold", "flood"];
    let mounted = every_build::mounted(&host, &json!([]));
    let attacking = attacked(&gateway, &mounted, &lies, attacker.path());
    let (beside, attack) = thread::scope(|scope| {
        let attack = scope.spawn(|| attacking.build(&host, &library));
        thread::sleep(Duration::from_secs(1));
        (honest.build(&host, &library), attack.join().unwrap())
    });
    for said in ["tell read: 0 bytes heard", "tell orders: 2 said"] {
        assert!(attack.log.contains(said), "{attack:#?}");
    }
    for told in ["keys.jsonl", ".jsonl"] {
        assert!(
            !attack.log.contains(told),
            "it sees the host's logs: {attack:#?}"
        );
    }
    assert!(!attack.log.contains("tampered:"), "{attack:#?}");
    assert_eq!((before.troubles(), attack.troubles()), (0, 0));

    let files: Vec<_> = fs::read_dir(gateway.logs()).unwrap().flatten().collect();
    let sizes = files.iter().map(|file| file.metadata().unwrap().len());
    let size: u64 = sizes.sum();
    assert!(size <= SIZE / 2, "{size} bytes of two users");
    for file in &files {
        let text = fs::read(file.path()).unwrap();
        let is_order = |byte: &&u8| **byte < b' ' && **byte != b'\n';
        assert_eq!(
            text.iter().find(is_order),
            None,
            "{}",
            file.path().display()
        );
        let name = file.file_name().into_string().unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name:?}");
    }
    // Whoever was there before is still seen, as who came beside, once what was said is read.
    let others = || {
        let all = seen(gateway.logs()).into_iter();
        let is_named = |seen: &Seen| {
            let out = seen.build.out.as_deref();
            out.is_some_and(|out| out.starts_with("/nix/store"))
        };
        let counts = all.filter(is_named).map(|seen| seen.counts());
        counts.collect::<Vec<_>>()
    };
    let are_seen = || {
        let others = others();
        [&before, &beside]
            .iter()
            .all(|it| others.contains(&it.hits_and_misses()))
    };
    until(are_seen, || {
        format!("{:?}, not {before:#?} and {beside:#?}", others())
    });
}
