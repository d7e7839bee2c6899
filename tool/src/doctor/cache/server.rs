//! The sccache server: the host's daemon, or the one inside a build.

use std::path::Path;
use std::process::Command;

use nix_sccache_contract as contract;
use serde::{Deserialize, Serialize};

use super::super::environment::Place;
use super::super::page::Page;
use super::super::probe::{self, Ran};
use super::super::problem::Problem;
use super::super::tools::{Program, release};
use super::super::variables::Variables;
use super::socket::{self, Address, Found, ask};

/// Sccache's own port, where no socket is named.
pub const DEFAULT_PORT: u16 = 4226;

/// The question with which the client-side mode begins (sccache 0.17 to 0.19): four bytes of
/// length, the highest first, and the number of the request, the lowest first.
const HANDSHAKE: &[u8] = b"\0\0\0\x04\x05\0\0\0";

/// The number of the answer to it.
const HANDSHAKE_ANSWER: [u8; 4] = [6, 0, 0, 0];

/// A server, and what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Where it listens.
    pub address: Address,
    /// Whether it does.
    pub found: Found,
    /// Its release.
    pub version: Option<String>,
    /// The release of the sccache that asks it.
    pub client_version: Option<String>,
    /// Where it keeps entries.
    pub location: Option<String>,
    /// Whether it stores, or only reads: `ReadWrite` or `ReadOnly`.
    pub mode: Option<String>,
}

/// What is wanted of the server's statistics, as JSON of sccache's.
#[derive(Default, Deserialize)]
struct Statistics {
    version: Option<String>,
    cache_location: Option<String>,
    effective_cache_mode: Option<String>,
}

/// Asks the server: first as the client-side mode does, which needs no sccache, and then, for
/// what that does not tell, by the real sccache. A server before 0.17 knows the second alone.
pub fn gather(address: Address, sccache: Option<&Program>) -> Server {
    let client = sccache.filter(|sccache| sccache.error.is_none());
    let (mut found, mut location) = match ask(&address, HANDSHAKE, is_whole) {
        Ok(answer) => match read(&answer) {
            Some(location) => (Found::Answered, Some(location)),
            None => (Found::Strange, None),
        },
        Err(found) => (found, None),
    };
    let mut statistics = Statistics::default();
    // Where nobody listens, sccache would speak of a server that it would start.
    if matches!(found, Found::Answered | Found::Strange)
        && let Some(client) = client
        && let Some(told) = ask_for_statistics(&address, &client.path)
    {
        statistics = told;
        found = Found::Answered;
        location = statistics.cache_location.take().or(location);
    }
    let client_version = client.and_then(|client| client.version.as_deref());
    Server {
        address,
        found,
        version: statistics.version,
        client_version: client_version
            .and_then(|version| version.split_whitespace().next_back())
            .map(str::to_owned),
        location,
        mode: statistics.effective_cache_mode,
    }
}

/// Whether a frame is there to its end.
fn is_whole(answer: &[u8]) -> bool {
    answer.split_first_chunk().is_some_and(|(length, body)| {
        usize::try_from(u32::from_be_bytes(*length)).is_ok_and(|length| body.len() >= length)
    })
}

/// The place that the answer names first; nothing where it is not that answer.
fn read(answer: &[u8]) -> Option<String> {
    let (_, body) = answer.split_first_chunk::<4>()?;
    let text = body.strip_prefix(&HANDSHAKE_ANSWER)?;
    let (length, text) = text.split_first_chunk()?;
    let text = text.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    Some(String::from_utf8_lossy(text).into_owned())
}

fn ask_for_statistics(address: &Address, sccache: &Path) -> Option<Statistics> {
    let mut command = Command::new(sccache);
    command.args(["--show-stats", "--stats-format", "json"]);
    match address {
        Address::Socket(path) => command.env(contract::SERVER_UDS, path),
        Address::Port(port) => command
            .env_remove(contract::SERVER_UDS)
            .env("SCCACHE_SERVER_PORT", port.to_string()),
    };
    command.env_remove("SCCACHE_START_SERVER");
    match probe::run(command) {
        Ran::Well(json) => serde_json::from_str(&json).ok(),
        _ => None,
    }
}

/// What is wrong with it.
pub fn judge(server: &Server, place: Place, variables: &Variables) -> Vec<Problem> {
    let is_hosts = variables
        .get(contract::TRANSPORT)
        .is_some_and(|transport| transport == contract::TRANSPORT_SERVER);
    let who = if is_hosts {
        "the sccache daemon"
    } else {
        "the sccache server"
    };
    let mut problems: Vec<_> = socket::judge(who, &server.address, &server.found, place)
        .into_iter()
        .collect();
    if let (Some(version), Some(client)) = (&server.version, &server.client_version)
        && release(version) != release(client)
    {
        problems.push(Problem::fix(
            "versions-differ",
            format!("{who} is of {version}, and the sccache here of {client}: each release has a protocol of its own"),
            "take both from one package",
        ));
    }
    if is_hosts {
        problems.extend(judge_daemon(server, place, variables));
    }
    if server.mode.as_deref() == Some("ReadOnly") {
        problems.push(Problem::note(
            "read-only",
            format!("{who} only reads its store, so what misses will miss again"),
            "can its user write there? sccache falls back to reading when it cannot; restart it then",
        ));
    }
    problems
}

/// What the client-side mode needs.
fn judge_daemon(server: &Server, place: Place, variables: &Variables) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_on = |value: &String| matches!(value.to_lowercase().as_str(), "true" | "on" | "1");
    if !variables
        .get("SCCACHE_CLIENT_SIDE")
        .is_some_and(|value| is_on(&value))
    {
        problems.push(Problem::fix(
            "not-client-side",
            "SCCACHE_CLIENT_SIDE is not true: the daemon would run the compiler, where it sees none of the build's files",
            "set it to true, as `rust.sccacheEnv` does",
        ));
    }
    if variables.filled("SCCACHE_LOG").is_some() {
        problems.push(Problem::fix(
            "log-ends-client-side",
            "SCCACHE_LOG is set, which turns the client-side mode off",
            "unset it here, and set it for the daemon",
        ));
    }
    if variables.filled("SCCACHE_MAX_FRAME_LENGTH").is_none() {
        problems.push(Problem::note(
            "small-frames",
            "SCCACHE_MAX_FRAME_LENGTH is not set: entries above 8 MiB are not stored, without a word",
            "set it to 1073741824, here and for the daemon",
        ));
    }
    // It then answers with a path and not with bytes.
    if server
        .location
        .as_deref()
        .is_some_and(|location| location.starts_with("Local disk"))
    {
        let found =
            "the daemon has a plain disk cache, and answers with paths that no sandbox sees";
        let remedy = "start it with SCCACHE_MULTILEVEL_CHAIN=disk";
        problems.push(if place.is_build() {
            Problem::fix("daemon-sends-paths", found, remedy)
        } else {
            Problem::note("daemon-sends-paths", found, remedy)
        });
    }
    problems
}

/// Shows it.
pub fn show(server: &Server, page: &mut Page) {
    page.row("server", &server.address.to_string());
    page.row("", &socket::say(&server.found));
    let unknown = || "unknown".to_owned();
    if server.found == Found::Answered {
        page.row(
            "",
            &format!(
                "release {}, and here {}",
                server.version.clone().unwrap_or_else(unknown),
                server.client_version.clone().unwrap_or_else(unknown)
            ),
        );
    }
    if let Some(location) = &server.location {
        let mode = server
            .mode
            .as_ref()
            .map_or_else(String::new, |mode| format!(", {mode}"));
        page.row("", &format!("keeps entries in: {location}{mode}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server {
            address: Address::Socket("/run/s".into()),
            found: Found::Answered,
            version: Some("0.19.0".into()),
            client_version: Some("0.19.0".into()),
            location: Some("Multi-level (1 levels)".into()),
            mode: Some("ReadWrite".into()),
        }
    }

    fn names<const N: usize>(
        server: &Server,
        place: Place,
        variables: [(&str, &str); N],
    ) -> Vec<&'static str> {
        judge(server, place, &variables.into())
            .into_iter()
            .map(|problem| problem.name)
            .collect()
    }

    const DAEMON: [(&str, &str); 3] = [
        ("NIX_SCCACHE_TRANSPORT", "server"),
        ("SCCACHE_CLIENT_SIDE", "true"),
        ("SCCACHE_MAX_FRAME_LENGTH", "1"),
    ];

    #[test]
    fn the_answer_is_read() {
        let answer = b"\0\0\0\x0e\x06\0\0\0\x02\0\0\0\0\0\0\0abrest";
        assert!(is_whole(answer));
        assert_eq!(read(answer).as_deref(), Some("ab"));
        for part in 0..answer.len() - 4 {
            assert!(!is_whole(&answer[..part]), "{part}");
        }
        for other in [
            &b""[..],
            b"\0\0\0\x04\x05\0\0\0",
            b"HTTP/1.1 400 Bad Request",
            b"\0\0\0\x0c\x06\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_daemon_as_it_should_be() {
        assert!(names(&server(), Place::Sandbox, DAEMON).is_empty());
        // What a server does not tell is nothing wrong.
        let reticent = Server {
            version: None,
            mode: None,
            location: None,
            ..server()
        };
        assert!(names(&reticent, Place::Sandbox, DAEMON).is_empty());
    }

    #[test]
    fn what_a_daemon_needs_is_told() {
        assert_eq!(
            names(
                &server(),
                Place::Sandbox,
                [
                    ("NIX_SCCACHE_TRANSPORT", "server"),
                    ("SCCACHE_LOG", "debug")
                ]
            ),
            ["not-client-side", "log-ends-client-side", "small-frames"]
        );
        let plain = Server {
            location: Some("Local disk: \"/var/cache\"".into()),
            ..server()
        };
        assert_eq!(
            names(&plain, Place::Sandbox, DAEMON),
            ["daemon-sends-paths"]
        );
        assert!(
            names(
                &plain,
                Place::Sandbox,
                [("NIX_SCCACHE_TRANSPORT", "directory")]
            )
            .is_empty()
        );
    }

    #[test]
    fn two_releases_do_not_understand_each_other() {
        let older = Server {
            version: Some("0.17.1".into()),
            ..server()
        };
        assert_eq!(names(&older, Place::Sandbox, DAEMON), ["versions-differ"]);
        let reads = Server {
            mode: Some("ReadOnly".into()),
            ..server()
        };
        assert_eq!(names(&reads, Place::Sandbox, DAEMON), ["read-only"]);
    }
}
