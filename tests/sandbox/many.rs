//! Many builds at once, by one gateway, while things go wrong around them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix_sccache_tests::{Daemon, Gateway, Host, Library, hosts, logs_in, root, stdout_of};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::project;

/// A word for each build.
const WORDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// The build that is killed.
const VICTIM: &str = "h";

/// What each build compiles that can be cached.
const CRATES: [&str; 5] = ["base", "greeting", "one", "two", "three"];

/// And of these, the ones that it has when it comes to the gate.
const BEFORE_THE_GATE: [&str; 2] = ["base", "one"];

/// The first crates, then a wait until all builds have come as far, then the rest.
const BUILD: &str = "
    cargoBuildFlags='-p base -p one' cargoBuildHook
    touch /gate/$name
    for ((tries = 0; tries < 3600; tries++)); do
        if [ -e /gate/open ]; then break; fi
        sleep 0.05
    done
    cargoBuildHook
";

/// The project of the other tests and three crates more. But for the first, all have a word in
/// them that is another in every build.
fn larger_project() -> Library {
    let library = project();
    library.say("WORD");
    for name in CRATES.iter().skip(2) {
        library.write(
            &format!("{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{}",
                // One after the other, so that some are left when the daemon is back.
                if name == &"three" {
                    "[dependencies]\ntwo = { path = \"../two\" }\n"
                } else {
                    ""
                }
            ),
        );
        library.write(
            &format!("{name}/src/lib.rs"),
            "pub fn word() -> String { String::from(\"WORD\") }\n",
        );
    }
    let members = [&CRATES[..], &["program"]].concat();
    library.write(
        "Cargo.toml",
        &format!("[workspace]\nmembers = {members:?}\nresolver = \"3\"\n"),
    );
    library.locked()
}

/// A directory that every build user may write to.
fn open_directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o1777)).unwrap();
    directory
}

/// One round of all builds, as one `nix-store --realise` that has as many jobs.
struct Round<'a> {
    host: &'a Host,
    derivations: BTreeMap<&'static str, PathBuf>,
    gate: TempDir,
    reports: TempDir,
    process: Child,
}

/// What came of a call: its crate, and the shim's word for it.
#[derive(Debug)]
struct Call {
    name: String,
    outcome: String,
    began: u64,
    ended: u64,
}

impl<'a> Round<'a> {
    /// Begins the builds. They wait at the gate, unless it is open from the beginning.
    fn begin(host: &'a Host, library: &Library, gateway: &Gateway, is_open: bool) -> Self {
        let (gate, reports) = (open_directory(), open_directory());
        if is_open {
            fs::write(gate.path().join("open"), "").unwrap();
        }
        let mut instantiate = host.program("nix-instantiate");
        instantiate
            .arg(root().join("tests/sandbox/many.nix"))
            .args(["--argstr", "source", library.path().to_str().unwrap()])
            .args(["--argstr", "words", &json!(WORDS).to_string()])
            .args(["--argstr", "run", gate.path().to_str().unwrap()])
            .args([
                "--argstr",
                "settings",
                &json!({ "transport": "server", "reports": "/reports" }).to_string(),
            ])
            .args([
                "--argstr",
                "attributes",
                &json!({ "buildPhase": BUILD }).to_string(),
            ]);
        let printed = stdout_of(&mut instantiate);
        let derivations: BTreeMap<_, _> = WORDS
            .into_iter()
            .zip(printed.lines().map(PathBuf::from))
            .collect();
        assert_eq!(derivations.len(), WORDS.len(), "{printed}");
        let process = host
            .plain("nix-store")
            .args(["--realise", "--keep-going", "--max-jobs", "8"])
            .args(derivations.values())
            .args(["--option", "extra-sandbox-paths"])
            .arg(format!(
                "/run/nix-sccache={} /gate={} /reports={}",
                gateway.folder().display(),
                gate.path().display(),
                reports.path().display(),
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            host,
            derivations,
            gate,
            reports,
            process,
        }
    }

    /// The users of the builds, once all have come to the gate.
    fn users(&mut self) -> BTreeMap<&'static str, u32> {
        let deadline = Instant::now() + Duration::from_mins(3);
        loop {
            let at_gate = |word: &&'static str| {
                let mark = fs::metadata(self.gate.path().join(format!("many-{word}"))).ok()?;
                Some((*word, mark.uid()))
            };
            let users: BTreeMap<_, _> = WORDS.iter().filter_map(at_gate).collect();
            if users.len() == WORDS.len() {
                return users;
            }
            assert!(
                Instant::now() < deadline && self.process.try_wait().unwrap().is_none(),
                "at the gate are {users:?}\n{}",
                self.logs()
            );
            sleep(Duration::from_millis(20));
        }
    }

    fn open_gate(&self) {
        fs::write(self.gate.path().join("open"), "").unwrap();
    }

    /// The processes of its builds. Each has this round's gate mounted, whoever it belongs to.
    fn processes(&self) -> Vec<(u32, PathBuf)> {
        let gate = self.gate.path().to_str().unwrap();
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| {
                let process = entry.file_name().to_str()?.parse().ok()?;
                let mounts = fs::read_to_string(entry.path().join("mountinfo")).ok()?;
                let is_in_sandbox = mounts
                    .lines()
                    .any(|mount| mount.contains(gate) && mount.contains(" /gate "));
                is_in_sandbox.then(|| (process, entry.path()))
            })
            .collect()
    }

    /// Kills all that runs as a user, in the middle of a compiler's call.
    fn kill(&self, user: u32) {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let of_user: Vec<_> = self
                .processes()
                .into_iter()
                .filter(|(_, directory)| {
                    fs::metadata(directory).is_ok_and(|state| state.uid() == user)
                })
                .collect();
            let compiles = of_user.iter().any(|(_, directory)| {
                fs::read_to_string(directory.join("comm")).is_ok_and(|name| name.trim() == "rustc")
            });
            if compiles {
                let numbers: Vec<_> = of_user.iter().map(|(it, _)| it.to_string()).collect();
                let kill = format!("kill -KILL {}", numbers.join(" "));
                // Some may have ended by now.
                Command::new("sh").args(["-c", &kill]).output().unwrap();
                return;
            }
            assert!(Instant::now() < deadline, "no compiler");
        }
    }

    /// Waits for the end of all builds, and says whether all went well.
    fn end(&mut self) -> bool {
        self.process.wait().unwrap().success()
    }

    /// A build's output.
    fn output(&self, word: &str) -> PathBuf {
        let mut query = self.host.plain("nix-store");
        query.args(["--query", "--outputs"]);
        PathBuf::from(stdout_of(query.arg(&self.derivations[word])).trim())
    }

    /// What a build made, if it made it.
    fn made(&self, word: &str) -> Option<String> {
        let output = self.output(word);
        let hash = || {
            stdout_of(
                Command::new("nix-hash")
                    .args(["--type", "sha256"])
                    .arg(&output),
            )
        };
        output.exists().then(hash)
    }

    /// A build's log.
    fn log(&self, word: &str) -> String {
        let mut read = self.host.plain("nix-store");
        let output = read
            .args(["--read-log"])
            .arg(&self.derivations[word])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn logs(&self) -> String {
        WORDS
            .map(|word| format!("--- {word}\n{}", self.log(word)))
            .concat()
    }

    /// The names of what builds left in the directory of reports.
    fn reports(&self) -> Vec<String> {
        let files = fs::read_dir(self.reports.path()).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// What a build that ended asked the cache for.
    #[track_caller]
    fn calls(&self, word: &str) -> Vec<Call> {
        let output = self.output(word);
        let output = output.file_name().unwrap().to_str().unwrap();
        let kept = logs_in(self.reports.path())
            .into_iter()
            .find(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with(output)
            })
            .unwrap_or_else(|| panic!("{word} left no report\n{}", self.log(word)));
        fs::read_to_string(kept)
            .unwrap()
            .lines()
            .filter_map(|line| {
                let call: Value = serde_json::from_str(line).unwrap();
                let began = call["at"].as_u64()?;
                Some(Call {
                    name: call["name"].as_str()?.to_owned(),
                    outcome: call["outcome"].as_str()?.to_owned(),
                    began,
                    ended: began + call["took"].as_u64()?,
                })
            })
            .filter(|call| CRATES.contains(&call.name.as_str()))
            .collect()
    }
}

impl Drop for Round<'_> {
    /// Builds that a failed test leaves would wait at the gate.
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_micros().try_into().unwrap()
}

/// Eight builds of eight users, of which one is killed, while the daemon crashes and comes back:
/// the others lose nothing but time, what was stored is there for the next, and nothing is left
/// of any.
#[test]
fn a_build_is_killed_and_the_daemon_restarts() {
    // On one host: what is under test is behind it.
    let host = hosts().last().unwrap();
    let (mut daemon, library) = (Daemon::start(), larger_project());
    let gateway = Gateway::start(&daemon, &[]);

    let mut first = Round::begin(&host, &library, &gateway, false);
    let users = first.users();
    let distinct: BTreeSet<_> = users.values().filter(|user| **user != 0).collect();
    assert_eq!(distinct.len(), WORDS.len(), "{users:?}");
    first.open_gate();
    first.kill(users[VICTIM]);
    let crashed = now();
    daemon.stop();
    wait_until("the crash is noticed", || {
        let is_loss = |line: &str| line.contains("user ") && line.contains("the daemon at");
        gateway.log().lines().any(is_loss)
    });
    daemon.restart();
    let back = now();
    assert!(!first.end(), "{VICTIM} did not fail");
    assert_eq!(first.made(VICTIM), None);
    check_nothing_is_left(&first, &gateway);

    let mut second = Round::begin(&host, &library, &gateway, true);
    assert!(second.end(), "{}", second.logs());
    let mut in_doubt = 0;
    for word in WORDS {
        let again = second.calls(word);
        let again = |name: &str| again.iter().find(|call| call.name == name).unwrap();
        assert!(
            !second.log(word).contains("the cache cannot be used"),
            "{}",
            second.log(word)
        );
        // The killed one left no log, but it came to the gate.
        let kept = if word == VICTIM {
            BEFORE_THE_GATE.map(String::from).to_vec()
        } else {
            let before = first.calls(word);
            let is_sure = |call: &&Call| {
                let is_served = matches!(call.outcome.as_str(), "hit" | "miss");
                is_served && (call.ended < crashed || call.began > back)
            };
            let sure: Vec<_> = before
                .iter()
                .filter(is_sure)
                .map(|call| call.name.clone())
                .collect();
            in_doubt += before.len() - sure.len();
            sure
        };
        for name in kept {
            let call = again(&name);
            assert_eq!(call.outcome, "hit", "{word}: {call:?}");
        }
    }
    assert!(in_doubt > 0, "no call met the crash");
    check_nothing_is_left(&second, &gateway);

    let mut third = Round::begin(&host, &library, &gateway, true);
    assert!(third.end(), "{}", third.logs());
    for word in WORDS {
        let calls = third.calls(word);
        assert_eq!(calls.len(), CRATES.len(), "{calls:?}");
        let are_hits = calls.iter().all(|call| call.outcome == "hit");
        assert!(are_hits, "{word}: {calls:?}");
        let made = third.made(word);
        assert_eq!(made, second.made(word), "{word}");
        if word != VICTIM {
            assert_eq!(made, first.made(word), "{word}");
        }
        let program = third.output(word).join("bin/program");
        let said = stdout_of(&mut Command::new(program));
        assert_eq!(said, format!("{word} 5 3\n"));
    }
    check_nothing_is_left(&third, &gateway);
    assert!(!gateway.log().contains("refused a"), "{}", gateway.log());
    assert_eq!(daemon.unfinished(), [""; 0]);
}

/// Of the builds of a round that has ended, there is no process, no directory, no report that is not
/// whole, and no connection to the gateway, which takes new ones.
#[track_caller]
fn check_nothing_is_left(round: &Round, gateway: &Gateway) {
    // The kernel ends what a sandbox leaves when it ends the sandbox.
    wait_until("all processes have ended", || round.processes().is_empty());
    wait_until("all connections have ended", || gateway.connections() == 0);
    let store = Path::new("/nix/store");
    for (word, derivation) in &round.derivations {
        let mut sandbox = derivation.file_name().unwrap().to_owned();
        sandbox.push(".chroot");
        assert!(!store.join(sandbox).exists(), "{word} left its sandbox");
    }
    // A build that ended well leaves its log, and what the keys were made of.
    let mut reports = round.reports();
    for word in WORDS {
        let output = round.output(word);
        let name = output.file_name().unwrap().to_str().unwrap();
        let before = reports.len();
        reports.retain(|report| !report.starts_with(name));
        let expected = if output.exists() { 2 } else { 0 };
        assert_eq!(before - reports.len(), expected, "{word}'s reports");
    }
    assert_eq!(reports, [""; 0], "whose are they?");
    assert!(gateway.is_there(), "{}", gateway.log());
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        sleep(Duration::from_millis(10));
    }
}
