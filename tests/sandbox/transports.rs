//! Warm builds, by every transport that reaches into a sandbox.

use std::process::Command;

use nix_sccache_tests::{Daemon, Derivation, Redis, hosts, stdout_of};
use serde_json::json;

use crate::{project, through};

/// The project's main promise: the second build, of another derivation, gets all that did
/// not change from the cache, and builds the same bytes.
#[test]
fn the_daemon_of_the_host() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let cold = through(&daemon).build(&host, &library);
        assert_eq!(cold.hits_and_misses(), (0, 2), "{cold:#?}");
        let warm = through(&daemon).build(&host, &library);
        assert_eq!(warm.hits_and_misses(), (2, 0), "{warm:#?}");
        assert_ne!(cold.path(), warm.path());
        let plain = Derivation::new(json!(null)).build(&host, &library);
        assert!(!plain.log.contains("nix-sccache"), "{plain:#?}");
        assert_eq!(cold.contents(), plain.contents());
        assert_eq!(warm.contents(), plain.contents());

        library.say("goodbye");
        let changed = through(&daemon).build(&host, &library);
        assert_eq!(changed.hits_and_misses(), (1, 1), "{changed:#?}");
        assert_eq!(changed.troubles(), 0, "{changed:#?}");
        let program = changed.path().join("bin/program");
        assert_eq!(stdout_of(&mut Command::new(program)), "goodbye 5 3\n");
    }
}

#[test]
fn redis_by_its_socket() {
    for host in hosts() {
        let (redis, library) = (Redis::start(), project());
        let settings = json!({ "transport": { "redis": { "socket": "/run/redis/redis.sock" } } });
        let derivation = Derivation::new(settings).mount(redis.folder(), "/run/redis");
        for expected in [(0, 2), (2, 0)] {
            let built = derivation.build(&host, &library);
            built.assert_counts(expected);
        }
    }
}

/// A build by way of the daemon starts nothing, listens nowhere and has nothing of the
/// host's but the socket; it runs as a build user.
#[test]
fn the_sandbox_is_whole() {
    let look = "
        echo \"uid $(id -u), interfaces: $(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d '\\n ')\"
        echo \"in /run: $(ls /run), in it: $(ls /run/nix-sccache)\"
        echo \"servers: $(grep -l '^sccache$' /proc/[0-9]*/comm | wc -l)\"
        echo \"listening: $(grep -c ' 0A ' /proc/net/tcp /proc/net/tcp6 | tr '\\n' ' ')\"
    ";
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let built = through(&daemon)
            .with(json!({ "postBuild": look }))
            .build(&host, &library);
        assert_eq!(built.hits_and_misses(), (0, 2), "{built:#?}");
        for line in [
            "interfaces: lo",
            "in /run: nix-sccache, in it: sccache.sock",
            "servers: 0",
            "listening: /proc/net/tcp:0 /proc/net/tcp6:0",
        ] {
            assert!(built.log.contains(line), "no `{line}` in {built:#?}");
        }
        assert!(!built.log.contains("uid 0,"), "{built:#?}");
    }
}
