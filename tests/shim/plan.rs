//! What a session asked for is there for the next before that asks.

use std::fs;
use std::path::Path;
use std::time::Duration;

use nix_sccache_tests::damage::{Spot, Stored, flip, those};
use nix_sccache_tests::{Daemon, Library, Reported, Shim, library, reported};
use tempfile::TempDir;

use crate::faults::meddler::{Meddling, meddle};
use crate::shim;

/// Waits until all of the plan has come.
const WAIT: &str = "until [ -e \"$NIX_SCCACHE_SESSION/plan\" ]; do sleep 0.01; done
    flock --shared \"$NIX_SCCACHE_SESSION/local/lock\" true";

/// A project of two libraries, of which the second is stored in parts.
struct Project {
    shim: Shim,
    daemon: Daemon,
    library: Library,
}

impl Project {
    /// With a session that left a plan.
    fn warm() -> Self {
        let project = Self::new();
        let (cold, _) = project.build("", &[]);
        cold.assert_counts((0, 2));
        assert_eq!(project.daemon.plans().len(), 3);
        assert!(!those(project.daemon.entries(), Stored::Part).is_empty());
        project
    }

    fn new() -> Self {
        let library = library("hello");
        // No LZ4 makes it shorter.
        let noise = (0..200_000_u64)
            .flat_map(|n| (n * n).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let noise: Vec<_> = noise.step_by(2).collect();
        fs::write(library.path().join("greeting/src/noise"), noise).unwrap();
        library.write(
            "greeting/src/lib.rs",
            "//! Greets.\npub static NOISE: &[u8] = include_bytes!(\"noise\");\n",
        );
        Self {
            shim: shim(),
            daemon: Daemon::start(),
            library: library.locked(),
        }
    }

    /// Builds the libraries from scratch, after the shell did this in the session, and takes what comes of it.
    fn build(&self, before: &str, variables: &[(&str, &str)]) -> (Reported, Vec<Vec<u8>>) {
        self.build_at(&self.daemon.socket(), before, variables)
    }

    #[track_caller]
    fn build_at(
        &self,
        socket: &Path,
        before: &str,
        variables: &[(&str, &str)],
    ) -> (Reported, Vec<Vec<u8>>) {
        let built = self.session(socket, before, variables);
        assert_eq!(built.code, Some(0), "{built:#?}");
        let outputs = ["base", "greeting"].map(|name| {
            let path = format!("target/release/deps/lib{name}");
            let made = fs::read_dir(self.library.path().join("target/release/deps")).unwrap();
            let mut files: Vec<_> = made.flatten().map(|file| file.path()).collect();
            files.retain(|file| file.to_str().unwrap().contains(&path));
            files.sort();
            files
                .iter()
                .flat_map(|file| fs::read(file).unwrap())
                .collect()
        });
        (built, outputs.into())
    }

    fn session(&self, socket: &Path, before: &str, variables: &[(&str, &str)]) -> Reported {
        self.library.clean();
        let mut run = self.shim.run_at(socket);
        run.current_dir(self.library.path())
            .envs(variables.iter().copied());
        // The command has the same words each time, whatever is done before.
        run.env("BEFORE", before);
        let script = "eval \"$BEFORE\"; cargo build --release --offline -p greeting; code=$?; eval \"$AFTER\"; exit $code";
        reported(run, ["bash", "-c", script])
    }

    /// Has the daemon stand still while cargo builds.
    fn without_daemon(&self) -> (String, String) {
        let signal = |name: &str| format!("kill -{name} {}", self.daemon.id());
        (format!("{WAIT}\n{}", signal("STOP")), signal("CONT"))
    }
}

#[test]
fn the_next_session_asks_for_nothing() {
    let project = Project::warm();
    let (_, made) = project.build("", &[("NIX_SCCACHE_PREFETCH", "0")]);
    let (stop, go_on) = project.without_daemon();
    let (warm, same) = project.build(&stop, &[("AFTER", &go_on)]);
    warm.assert_counts((2, 0));
    assert!(same == made);
    assert_eq!(project.daemon.plans().len(), 3);
}

/// They are asked for then, and nobody is told of damage to what the storage has not.
#[test]
fn what_was_fetched_is_damaged() {
    let project = Project::warm();
    let (_, made) = project.build("", &[("NIX_SCCACHE_PREFETCH", "0")]);
    let local = "cd \"$NIX_SCCACHE_SESSION/local\"; files=$(find . -type f -size +0 -not -name lock -not -name asked)";
    for damage in [
        "truncate --size=-1 $file",
        "printf x >>$file",
        "rm $file",
        "printf x | dd of=$file bs=1 seek=60 conv=notrunc status=none",
        "cp $file copy; mv copy $file; touch $file",
        "rm $file; mkdir $file",
        "rm $file; ln -s /nonexistent $file",
    ] {
        let text = format!(
            "{WAIT}\npushd . >/dev/null; {local}\n[ $(echo \"$files\" | wc -w) -ge 6 ] || exit 9\n\
             for file in $files; do {damage}; done; popd >/dev/null"
        );
        let (warm, same) = project.build(&text, &[]);
        warm.assert_counts((2, 0));
        assert_eq!(
            warm.report["faults"],
            serde_json::json!([]),
            "{damage}: {warm:#?}"
        );
        assert!(same == made, "{damage}");
    }
}

#[test]
fn a_plan_is_damaged() {
    let project = Project::warm();
    let none = "sleep 0.5; [ ! -e \"$NIX_SCCACHE_SESSION/plan\" ] || exit 9";
    for plan in project.daemon.plans() {
        flip(&plan, Spot::End);
    }
    let (warm, _) = project.build(none, &[]);
    warm.assert_counts((2, 0));
    // It was stored anew.
    let (warm, _) = project.build(WAIT, &[]);
    warm.assert_counts((2, 0));
}

/// Entries that another session replaced, and others that are gone.
#[test]
fn entries_change_after_they_were_fetched() {
    let project = Project::warm();
    let (_, made) = project.build("", &[("NIX_SCCACHE_PREFETCH", "0")]);
    let cache = project.daemon.cache();
    let remove = format!("{WAIT}\nfind {} -type f -delete", cache.display());
    let (stop, go_on) = project.without_daemon();
    let (warm, same) = project.build(&format!("{remove}\n{stop}"), &[("AFTER", &go_on)]);
    warm.assert_counts((2, 0));
    assert!(same == made);
    // And a plan of what is not there any more: all is known to be absent, and stored again.
    let (cold, same) = project.build("", &[]);
    cold.assert_counts((0, 2));
    assert!(same == made);
}

#[test]
fn no_more_is_fetched_than_may_be() {
    let project = Project::warm();
    let folder = TempDir::new().unwrap();
    let size = folder.path().join("size");
    let count = format!(
        "{WAIT}\ndu --bytes --summarize \"$NIX_SCCACHE_SESSION/local\" | cut -f 1 >{}",
        size.display()
    );
    let bytes = || {
        fs::read_to_string(&size)
            .unwrap()
            .trim()
            .parse::<u64>()
            .unwrap()
    };
    let (warm, _) = project.build(&count, &[]);
    warm.assert_counts((2, 0));
    let all = bytes();
    let (warm, _) = project.build(&count, &[("NIX_SCCACHE_PREFETCH", "20000")]);
    warm.assert_counts((2, 0));
    let some = bytes();
    assert!(all > 200_000 && some < 50_000, "{all} {some}");

    let none = "[ ! -e \"$NIX_SCCACHE_SESSION/local\" ] || exit 9";
    let (warm, _) = project.build(none, &[("NIX_SCCACHE_PREFETCH", "0")]);
    warm.assert_counts((2, 0));
    // What is not wanted is not left either.
    let other = Project::new();
    let (cold, _) = other.build("", &[("NIX_SCCACHE_PREFETCH", "0")]);
    cold.assert_counts((0, 2));
    assert!(other.daemon.plans().is_empty());
}

/// However slow the storage is, nobody is left of a session that has ended.
#[test]
fn who_fetches_ends_with_the_session() {
    let project = Project::warm();
    let folder = TempDir::new().unwrap();
    let (socket, process) = (folder.path().join("s"), folder.path().join("process"));
    meddle(
        &socket,
        project.daemon.socket(),
        Meddling::Slow(Duration::from_millis(900)),
    );
    let note = format!(
        "until [ -s \"$NIX_SCCACHE_SESSION/local/lock\" ]; do sleep 0.01; done
         cp \"$NIX_SCCACHE_SESSION/local/lock\" {}; kill -0 $(cat {0}); exit",
        process.display()
    );
    let built = project.session(&socket, &note, &[]);
    assert_eq!(built.code, Some(0), "{built:#?}");
    let process = fs::read_to_string(process).unwrap();
    assert!(!Path::new("/proc").join(process).exists());
}

/// What it does not answer to who fetches it is asked to answer once more.
#[test]
fn the_storage_falls_silent_meanwhile() {
    let project = Project::warm();
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("s");
    let wait = "until [ -e \"$NIX_SCCACHE_SESSION/plan\" ]; do sleep 0.01; done; sleep 0.3";
    // What the storage is like and the plan are the first.
    for request in 2..8 {
        fs::remove_file(&socket).ok();
        meddle(&socket, project.daemon.socket(), Meddling::StallAt(request));
        let (warm, _) = project.build_at(&socket, wait, &[("NIX_SCCACHE_TIMEOUT", "1")]);
        warm.assert_counts((2, 0));
    }
}
