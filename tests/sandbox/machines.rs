//! Machines that share a level behind their daemons' disks: each has a network of its own, a
//! daemon and a gateway.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_tests::s3::{ACCESS_KEY, SECRET_KEY};
use nix_sccache_tests::{
    Daemon, Derivation, Gateway, Library, Machine, Network, Redis, Reported, S3, Shim, hosts,
    library, reported, stdout_of, until,
};
use serde_json::json;

use crate::project;

/// What a build may take longer where the level is gone: it asks in vain, and is refused.
const LONGER: Duration = Duration::from_secs(15);

/// The level that is shared.
enum Level {
    Redis(Redis),
    S3(S3),
}

impl Level {
    fn entries(&self) -> usize {
        match self {
            Self::Redis(redis) => redis.entries(),
            Self::S3(s3) => s3.entries(),
        }
    }

    fn stop(&mut self) {
        match self {
            Self::Redis(redis) => redis.stop(),
            Self::S3(s3) => s3.stop(),
        }
    }

    fn restart_on(&mut self, machine: &Machine) {
        match self {
            Self::Redis(redis) => redis.restart_on(machine),
            Self::S3(s3) => s3.restart_on(machine),
        }
    }
}

/// A daemon and its gateway.
struct Site {
    daemon: Daemon,
    gateway: Gateway,
}

impl Site {
    fn new(machine: &Machine, settings: Vec<(String, String)>) -> Self {
        let daemon = Daemon::start_on(machine, settings);
        let gateway = Gateway::start(&daemon, &[]);
        Self { daemon, gateway }
    }

    /// `cargo build --release` from scratch, by its gateway; how long it took beside.
    fn build(&self, shim: &Shim, library: &Library, flags: &[&str]) -> (Reported, Duration) {
        library.clean();
        let mut run = shim.run_at(&self.gateway.socket());
        run.current_dir(library.path());
        // Its plans would be counted with the entries.
        run.env("NIX_SCCACHE_PREFETCH", "0");
        let began = Instant::now();
        let cargo = ["cargo", "build", "--release", "--offline"];
        let built = reported(run, [&cargo[..], flags].concat());
        (built, began.elapsed())
    }
}

/// The program that was built says so.
fn said(library: &Library) -> String {
    stdout_of(&mut Command::new(library.program()))
}

/// What is written behind somebody's back takes its time.
#[track_caller]
fn wait_for(what: &str, expected: usize, count: impl Fn() -> usize) {
    until(
        || count() >= expected,
        || format!("{what}: {} of {expected}", count()),
    );
}

/// What one machine built is a hit on the other, in the sandbox, where nothing of the level is
/// to be seen.
fn a_hit_on_the_other(level: &Level, sites: &[Site; 2]) {
    let (host, library) = (hosts().next().unwrap(), project());
    let plain = Derivation::new(json!(null)).build(&host, &library);
    let before = level.entries();
    for (site, expected) in sites.iter().zip([(0, 2), (2, 0)]) {
        let built = Derivation::new(json!({ "transport": "server", "prefetch": false }))
            .with(json!({ "preBuild": "env" }))
            .mount(&site.gateway.folder(), "/run/nix-sccache")
            .build(&host, &library);
        built.assert_counts(expected);
        assert_eq!(built.contents(), plain.contents());
        let mut query = host.plain("nix-store");
        let deriver = stdout_of(query.args(["--query", "--deriver"]).arg(built.path()));
        let derivation = fs::read_to_string(deriver.trim()).unwrap();
        for text in [&derivation, &built.log] {
            for secret in [ACCESS_KEY, SECRET_KEY, "AWS_"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        wait_for("the level has them", before + 2, || level.entries());
    }
    wait_for("the other's disk has them", 2, || {
        sites[1].daemon.entries().len()
    });
}

/// The level goes, while both build on, and comes back.
fn gone_and_back(level: &mut Level, sites: &mut [Site; 2], network: &Network) {
    let (shim, library) = (Shim::new(), library("first"));
    let [one, other] = sites;
    let check = |site: &Site, expected: (u64, u64), word: &str| {
        let (built, took) = site.build(&shim, &library, &[]);
        built.assert_counts(expected);
        assert_eq!(said(&library), format!("{word} 5 3\n"));
        took
    };
    let entries = level.entries();
    let usual = check(one, (0, 2), "first");
    wait_for("the level has them", entries + 2, || level.entries());
    check(other, (2, 0), "first");
    // All that the first has: of what is not there the level is asked.
    wait_for("its disk has them", one.daemon.entries().len(), || {
        other.daemon.entries().len()
    });

    level.stop();
    // What came from the level once is on the disk.
    check(other, (2, 0), "first");
    let base = fs::read_to_string(library.path().join("base/src/lib.rs")).unwrap();
    let changed = format!("{base}/// One more.\npub fn one() {{}}\n");
    library.write("base/src/lib.rs", &changed);
    library.say("gone");
    if let Level::S3(_) = level {
        for site in [&*one, &*other] {
            let took = check(site, (0, 2), "gone");
            assert!(took < usual + LONGER, "{took:?}, and {usual:?} with it");
        }
        // A daemon that starts now does without.
        one.daemon.restart_on(&network.machines()[0]);
        check(one, (2, 0), "gone");
    } else {
        // Sccache waits ten seconds for Redis to be there, with each request: the first one is enough, and nothing is
        // stored. Both wait at once, each for a project of its own.
        let (shim, changed) = (&shim, &changed);
        thread::scope(|scope| {
            for site in [&*one, &*other] {
                scope.spawn(move || {
                    let library = nix_sccache_tests::library("gone");
                    library.write("base/src/lib.rs", changed);
                    let (built, took) = site.build(shim, &library, &["--jobs=1"]);
                    assert_eq!(
                        (built.code, built.hits_and_misses(), built.troubles()),
                        (Some(0), (0, 0), 1),
                        "{built:#?}"
                    );
                    assert_eq!(said(&library), "gone 5 3\n");
                    assert!(took < usual + 2 * LONGER, "{took:?}, and {usual:?} with it");
                });
            }
        });
    }

    level.restart_on(network.middle());
    let entries = level.entries();
    library.write("base/src/lib.rs", &base);
    library.say("back");
    check(one, (1, 1), "back");
    wait_for("the level has it", entries + 1, || level.entries());
    check(other, (2, 0), "back");
}

#[test]
fn redis() {
    let network = Network::new(2);
    let mut level = Level::Redis(Redis::start_on(network.middle()));
    let [one, other] = network.machines() else {
        panic!("two machines")
    };
    let mut sites = [one, other].map(|machine| Site::new(machine, Redis::settings(machine)));
    a_hit_on_the_other(&level, &sites);
    gone_and_back(&mut level, &mut sites, &network);
}

/// The keys are in a file of the daemon's, or in its environment, and nowhere else.
#[test]
fn s3() {
    let network = Network::new(2);
    let mut level = Level::S3(S3::start_on(network.middle()));
    let [one, other] = network.machines() else {
        panic!("two machines")
    };
    let keys = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(keys.path(), Permissions::from_mode(0o600)).unwrap();
    let text = format!(
        "[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    );
    fs::write(&keys, text).unwrap();
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let by_file = |path: &Path| {
        vec![variable(
            "AWS_SHARED_CREDENTIALS_FILE",
            path.to_str().unwrap(),
        )]
    };
    let by_variables = vec![
        variable("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        variable("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ];
    let mut sites = [
        Site::new(one, [S3::settings(one), by_file(keys.path())].concat()),
        Site::new(other, [S3::settings(other), by_variables].concat()),
    ];
    a_hit_on_the_other(&level, &sites);
    gone_and_back(&mut level, &mut sites, &network);
}
