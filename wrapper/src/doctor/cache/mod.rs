//! The cache: by which way it is reached, and whether it is.

mod directory;
mod server;
mod socket;

use std::fs;
use std::path::PathBuf;

use nix_sccache_core::contract;
use serde::Serialize;

use self::directory::Directory;
use self::server::Server;
use self::socket::{Address, Found, ask};
use super::configuration::{Configuration, folder_of};
use super::environment::{Environment, Place};
use super::mask;
use super::page::Page;
use super::problem::Problem;
use super::tools::Tools;
use super::variables::Variables;
use crate::client;
use crate::session::Session;

/// A kind of store that sccache knows.
struct Kind {
    /// Its name in a chain and as a transport.
    name: &'static str,
    /// The variables of which one says that it is wanted (sccache 0.19, `src/config.rs`).
    variables: &'static [&'static str],
    /// Its table in sccache's file, below `cache`, and the key there that says where it is.
    file: (&'static str, &'static str),
}

/// In the order in which sccache takes the first where several are set, and no chain is.
const KINDS: [Kind; 9] = [
    Kind {
        name: "s3",
        variables: &["SCCACHE_BUCKET"],
        file: ("s3", "bucket"),
    },
    Kind {
        name: "redis",
        variables: &[
            "SCCACHE_REDIS_ENDPOINT",
            "SCCACHE_REDIS_CLUSTER_ENDPOINTS",
            "SCCACHE_REDIS",
        ],
        file: ("redis", "endpoint"),
    },
    Kind {
        name: "memcached",
        variables: &["SCCACHE_MEMCACHED_ENDPOINT", "SCCACHE_MEMCACHED"],
        file: ("memcached", "url"),
    },
    Kind {
        name: "gcs",
        variables: &["SCCACHE_GCS_BUCKET"],
        file: ("gcs", "bucket"),
    },
    Kind {
        name: "gha",
        variables: &["SCCACHE_GHA_ENABLED", "SCCACHE_GHA_VERSION"],
        file: ("gha", "version"),
    },
    Kind {
        name: "azure",
        variables: &["SCCACHE_AZURE_BLOB_CONTAINER"],
        file: ("azure", "container"),
    },
    Kind {
        name: "webdav",
        variables: &["SCCACHE_WEBDAV_ENDPOINT"],
        file: ("webdav", "endpoint"),
    },
    Kind {
        name: "oss",
        variables: &["SCCACHE_OSS_BUCKET"],
        file: ("oss", "bucket"),
    },
    Kind {
        name: "cos",
        variables: &["SCCACHE_COS_BUCKET"],
        file: ("cos", "bucket"),
    },
];

/// A store that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
enum Store {
    /// A directory.
    Directory {
        #[serde(flatten)]
        directory: Directory,
        /// Whether nothing is to be stored.
        read_only: bool,
    },
    /// A store behind a socket of this machine's.
    Socket {
        /// Which: `redis` or `memcached`.
        name: &'static str,
        /// Where.
        address: Address,
        /// What is there.
        found: Found,
        /// What it said, where it minded something.
        said: Option<String>,
    },
    /// A store that the network leads to, of which no more is known here.
    Network {
        /// Which.
        name: &'static str,
        /// Where.
        place: String,
    },
    /// A store of which nothing says where it is, or not so that sccache understands.
    Nowhere {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
}

/// A session that runs here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct SessionState {
    /// The first trouble that it had.
    trouble: Option<String>,
    /// Whether it leaves the cache alone for its rest.
    gave_up: bool,
}

/// The cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cache {
    /// The transport that the environment names.
    transport: Option<String>,
    /// The session that runs here.
    session: Option<SessionState>,
    /// Whether a call would find neither a session nor a server of its own.
    lacks_session: bool,
    /// Whether there is a network besides this machine's own.
    network: bool,
    /// The server.
    server: Option<Server>,
    /// The stores behind it, unless it is the host's, whose affair they are.
    stores: Vec<Store>,
}

/// Looks at what the environment and sccache's file say.
pub fn gather(
    variables: &Variables,
    environment: &Environment,
    tools: &Tools,
    configuration: &Configuration,
    session: Option<&Session>,
) -> Cache {
    let transport = variables.get(contract::TRANSPORT);
    let lacks_session = client::lacks_session(session);
    let address = match variables.path(contract::SERVER_UDS) {
        Some(path) => Some(Address::Socket(path)),
        // Sccache's own, by which a shell uses it. No build has one.
        None if environment.place.is_build() => None,
        None => Some(Address::Port(
            variables
                .get("SCCACHE_SERVER_PORT")
                .and_then(|port| port.parse().ok())
                .unwrap_or(server::DEFAULT_PORT),
        )),
    };
    let server = address.map(|address| server::gather(address, tools.sccache.as_ref()));
    let is_elsewhere = match transport.as_deref() {
        Some(contract::TRANSPORT_SERVER) => true,
        // Whoever listens at a socket that was named knows its stores.
        None => variables.path(contract::SERVER_UDS).is_some(),
        Some(_) => false,
    };
    let stores = if is_elsewhere {
        Vec::new()
    } else {
        levels(variables, configuration, transport.as_deref())
            .iter()
            .map(|level| store(level, variables, configuration))
            .collect()
    };
    Cache {
        transport,
        session: session.map(|session| SessionState {
            trouble: session.first_trouble(),
            gave_up: session.has_given_up(),
        }),
        lacks_session,
        network: has_network(),
        server,
        stores,
    }
}

/// The names of the stores, the nearest first.
fn levels(
    variables: &Variables,
    configuration: &Configuration,
    transport: Option<&str>,
) -> Vec<String> {
    if let Some(chain) = variables.filled("SCCACHE_MULTILEVEL_CHAIN") {
        let names = chain.split(',').map(|name| name.trim().to_lowercase());
        // The session's own directory takes the place of the disk, and is made with it.
        let is_ephemeral_disk =
            |name: &str| name == "disk" && transport == Some(contract::TRANSPORT_EPHEMERAL);
        return names
            .filter(|name| !name.is_empty() && !is_ephemeral_disk(name))
            .collect();
    }
    match transport {
        Some(contract::TRANSPORT_EPHEMERAL) => Vec::new(),
        Some("directory") => vec!["disk".to_owned()],
        Some(name) if KINDS.iter().any(|kind| kind.name == name) => vec![name.to_owned()],
        _ => {
            let is_set = |kind: &&Kind| {
                let (table, _) = kind.file;
                kind.variables
                    .iter()
                    .any(|name| variables.filled(name).is_some())
                    || in_file(configuration, &["cache", table]).is_some()
            };
            let first = KINDS.iter().find(is_set);
            vec![first.map_or("disk", |kind| kind.name).to_owned()]
        }
    }
}

fn in_file<'a>(configuration: &'a Configuration, path: &[&str]) -> Option<&'a toml::Value> {
    configuration.sccache.as_ref()?.get(path)
}

fn text_in_file(configuration: &Configuration, path: &[&str]) -> Option<String> {
    in_file(configuration, path)?.as_str().map(str::to_owned)
}

fn store(name: &str, variables: &Variables, configuration: &Configuration) -> Store {
    if name == "disk" {
        return disk(variables, configuration);
    }
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        return Store::Nowhere {
            name: name.to_owned(),
            why: "sccache knows no store of that name".to_owned(),
        };
    };
    let (table, key) = kind.file;
    let place = kind
        .variables
        .iter()
        .find_map(|name| variables.filled(name))
        .or_else(|| text_in_file(configuration, &["cache", table, key]));
    let Some(place) = place else {
        if in_file(configuration, &["cache", table]).is_some() {
            return Store::Network {
                name: kind.name,
                place: "as sccache's file says".to_owned(),
            };
        }
        let names = kind.variables.join(" or ");
        return Store::Nowhere {
            name: name.to_owned(),
            why: format!("{names} is not set"),
        };
    };
    match (kind.name, socket_of(&place)) {
        ("redis", Some(Err(why))) => Store::Nowhere {
            name: name.to_owned(),
            why,
        },
        ("redis", Some(Ok(path))) => behind_socket("redis", path, b"PING\r\n", is_of_redis),
        ("memcached", Some(Ok(path))) => {
            behind_socket("memcached", path, b"version\r\n", is_of_memcached)
        }
        _ => Store::Network {
            name: kind.name,
            place: mask::urls(&place),
        },
    }
}

/// The socket in a URL, if it has one. Fails where sccache cannot read the URL: behind the
/// scheme it wants the name of a host, whichever.
fn socket_of(url: &str) -> Option<Result<PathBuf, String>> {
    let (scheme, rest) = url.split_once("://")?;
    if !matches!(scheme, "redis+unix" | "unix") {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    // A password may have a slash in it.
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let path = place.find('/').and_then(|slash| place.get(slash..));
    if scheme == "redis+unix" && (place.starts_with('/') || path.is_none()) {
        return Some(Err(format!(
            "sccache cannot read {}: a socket's URL needs the name of a host, redis+unix://localhost/run/…",
            mask::urls(url)
        )));
    }
    path.map(|path| Ok(path.into()))
}

fn behind_socket(
    name: &'static str,
    path: PathBuf,
    question: &'static [u8],
    is_an_answer: fn(&str) -> bool,
) -> Store {
    let address = Address::Socket(path);
    let answer = ask(&address, question, |answer| answer.ends_with(b"\n"));
    let (found, said) = match answer {
        Err(found) => (found, None),
        Ok(answer) => {
            let answer = String::from_utf8_lossy(&answer);
            let line = answer.lines().next().unwrap_or_default();
            let minded = line.strip_prefix('-').map(str::to_owned);
            let found = if is_an_answer(line) {
                Found::Answered
            } else {
                Found::Strange
            };
            (found, minded)
        }
    };
    Store::Socket {
        name,
        address,
        found,
        said,
    }
}

/// `+PONG`, or `-` and what it minds.
fn is_of_redis(line: &str) -> bool {
    line.starts_with('+') || line.starts_with('-')
}

fn is_of_memcached(line: &str) -> bool {
    line.starts_with("VERSION")
}

fn disk(variables: &Variables, configuration: &Configuration) -> Store {
    let path = variables
        .path(contract::CACHE_DIR)
        .or_else(|| text_in_file(configuration, &["cache", "disk", "dir"]).map(PathBuf::from))
        .or_else(|| Some(folder_of(variables, "XDG_CACHE_HOME", ".cache")?.join("sccache")));
    let mode = variables
        .get("SCCACHE_LOCAL_RW_MODE")
        .or_else(|| text_in_file(configuration, &["cache", "disk", "rw_mode"]));
    match path {
        Some(path) => Store::Directory {
            directory: directory::gather(path),
            read_only: mode.is_some_and(|mode| mode.eq_ignore_ascii_case("READ_ONLY")),
        },
        None => Store::Nowhere {
            name: "disk".to_owned(),
            why: "neither SCCACHE_DIR nor HOME is set".to_owned(),
        },
    }
}

/// Whether there is another network than `lo`, of which alone a sandbox has one.
fn has_network() -> bool {
    let Ok(devices) = fs::read_to_string("/proc/net/dev") else {
        return true;
    };
    devices
        .lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(name, _)| name.trim() != "lo")
}

/// What is wrong with it.
pub fn judge(cache: &Cache, variables: &Variables, environment: &Environment) -> Vec<Problem> {
    let place = environment.place;
    let mut problems = Vec::new();
    if cache.transport.as_deref() == Some(contract::TRANSPORT_SERVER)
        && variables.path(contract::SERVER_UDS).is_none()
    {
        problems.push(Problem::fix(
            "socket-not-named",
            "the transport is `server`, and SCCACHE_SERVER_UDS does not say where its socket is",
            "let `rust.sccacheEnv` write it, or set it to /run/nix-sccache/sccache.sock",
        ));
    } else if cache.lacks_session {
        problems.push(Problem::fix(
            "no-session",
            "the build has no session, and so no server for its transport",
            "build by withSccache or its setup hook, or by `nix-sccache run -- COMMAND`",
        ));
    }
    if let Some(server) = &cache.server {
        let starts_by_itself =
            matches!(server.address, Address::Port(_)) && server.found == Found::Refused;
        if !starts_by_itself {
            problems.extend(server::judge(server, place, variables));
        }
    }
    for store in &cache.stores {
        problems.extend(judge_store(store, cache.network, variables, environment));
    }
    if let Some(SessionState {
        trouble: Some(trouble),
        gave_up,
    }) = &cache.session
    {
        let remedy = "see what is wrong with the cache, and begin another session";
        problems.push(if *gave_up {
            let found =
                format!("this session leaves the cache alone since it had trouble: {trouble}");
            Problem::fix("session-gave-up", found, remedy)
        } else {
            let found = format!("this session had trouble with the cache: {trouble}");
            Problem::note("session-had-trouble", found, remedy)
        });
    }
    problems
}

fn judge_store(
    store: &Store,
    network: bool,
    variables: &Variables,
    environment: &Environment,
) -> Vec<Problem> {
    match store {
        Store::Directory {
            directory,
            read_only,
        } => directory::judge(directory, *read_only, environment),
        Store::Socket {
            name,
            address,
            found,
            said,
        } => {
            let mut problems: Vec<_> = socket::judge(name, address, found, environment.place)
                .into_iter()
                .collect();
            let has_password = variables.filled("SCCACHE_REDIS_PASSWORD").is_some()
                || variables
                    .get("SCCACHE_REDIS_ENDPOINT")
                    .is_some_and(|url| url.contains('@'));
            if let Some(said) = said
                && *found == Found::Answered
                && !(said.starts_with("NOAUTH") && has_password)
            {
                problems.push(Problem::fix(
                    "store-refuses",
                    format!("{name} at {address} says: {said}"),
                    "set SCCACHE_REDIS_PASSWORD where sccache runs, if it wants one",
                ));
            }
            problems
        }
        Store::Network { name, place } if environment.place == Place::Sandbox && !network => {
            vec![Problem::fix(
                "no-network",
                format!(
                    "{name} ({place}) is reached over the network, which this sandbox does not have"
                ),
                "take the transport `server`, and make this a level of the host's daemon",
            )]
        }
        Store::Network { .. } => Vec::new(),
        Store::Nowhere { name, why } => vec![Problem::fix(
            "store-nowhere",
            format!("the store {name}: {why}"),
            "let `rust.sccacheEnv` write its variables",
        )],
    }
}

/// Shows it.
pub fn show(cache: &Cache, page: &mut Page) {
    page.section("cache");
    page.row(
        "transport",
        cache
            .transport
            .as_deref()
            .unwrap_or("none named: sccache's own variables and file count"),
    );
    if let Some(server) = &cache.server {
        server::show(server, page);
    }
    for store in &cache.stores {
        match store {
            Store::Directory {
                directory,
                read_only,
            } => {
                directory::show(directory, page);
                if *read_only {
                    page.row("", "to be read only");
                }
            }
            Store::Socket {
                name,
                address,
                found,
                said,
            } => {
                page.row(name, &address.to_string());
                page.row("", &socket::say(found));
                if let Some(said) = said {
                    page.row("", &format!("it says: {said}"));
                }
            }
            Store::Network { name, place } => {
                page.row(name, place);
                let why = if cache.network {
                    "not checked: it is somewhere in the network"
                } else {
                    "cannot be checked: there is no network here"
                };
                page.row("", why);
            }
            Store::Nowhere { name, why } => page.row(name, why),
        }
    }
    if let Some(session) = &cache.session {
        let trouble = session.trouble.as_deref().unwrap_or("no trouble so far");
        page.row("session", trouble);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::configuration::{self, File};
    use crate::doctor::environment;

    fn none() -> Configuration {
        Configuration {
            sccache: None,
            cargo_files: Vec::new(),
            cargo: configuration::Cargo::default(),
            source_tree: None,
        }
    }

    fn cache() -> Cache {
        Cache {
            transport: None,
            session: None,
            lacks_session: false,
            network: true,
            server: None,
            stores: Vec::new(),
        }
    }

    fn names(cache: &Cache, variables: &Variables, place: Place) -> Vec<&'static str> {
        let mut environment = environment::gather(variables, None);
        environment.place = place;
        judge(cache, variables, &environment)
            .into_iter()
            .map(|problem| problem.name)
            .collect()
    }

    #[test]
    fn stores_are_found_as_sccache_finds_them() {
        let levels = |variables: &Variables, configuration: &Configuration| {
            levels(
                variables,
                configuration,
                variables.get(contract::TRANSPORT).as_deref(),
            )
        };
        let both = [("SCCACHE_REDIS", "redis://h"), ("SCCACHE_BUCKET", "b")];
        assert_eq!(levels(&both.into(), &none()), ["s3"]);
        assert_eq!(levels(&Variables::default(), &none()), ["disk"]);
        let chain = [
            ("SCCACHE_MULTILEVEL_CHAIN", "disk, Redis"),
            ("SCCACHE_BUCKET", "b"),
        ];
        assert_eq!(levels(&chain.into(), &none()), ["disk", "redis"]);
        let ephemeral = [
            ("SCCACHE_MULTILEVEL_CHAIN", "disk,redis"),
            ("NIX_SCCACHE_TRANSPORT", "ephemeral"),
        ];
        assert_eq!(levels(&ephemeral.into(), &none()), ["redis"]);
        let in_file = Configuration {
            sccache: Some(File {
                path: "/conf".into(),
                named_by: None,
                text: crate::doctor::probe::Text::Missing,
                error: None,
                table: "[cache.redis]\nendpoint = \"redis://h\"".parse().unwrap(),
            }),
            ..none()
        };
        assert_eq!(levels(&Variables::default(), &in_file), ["redis"]);
        assert_eq!(
            store("redis", &Variables::default(), &in_file),
            Store::Network {
                name: "redis",
                place: "redis://h".to_owned()
            }
        );
        assert!(matches!(
            store("webdva", &Variables::default(), &none()),
            Store::Nowhere { .. }
        ));
    }

    #[test]
    fn sockets_in_urls() {
        let path = |url: &str| socket_of(url).and_then(Result::ok);
        assert_eq!(path("redis+unix://localhost/run/r"), Some("/run/r".into()));
        assert_eq!(
            path("redis+unix://a:b/c@localhost/run/r?db=1"),
            Some("/run/r".into())
        );
        assert_eq!(path("unix:///run/m"), Some("/run/m".into()));
        for url in ["redis://h:1/0", "tcp://h", "h:11211", ""] {
            assert_eq!(socket_of(url), None, "{url}");
        }
        for url in [
            "redis+unix:///run/r",
            "redis+unix://localhost",
            "redis+unix://:p@/run/r",
        ] {
            assert!(matches!(socket_of(url), Some(Err(_))), "{url}");
        }
        let secret = socket_of("redis+unix://:hunter2@/run/r")
            .unwrap()
            .unwrap_err();
        assert!(!secret.contains("hunter2"), "{secret}");
    }

    #[test]
    fn what_keeps_a_build_from_its_store_is_told() {
        let s3 = || Store::Network {
            name: "s3",
            place: "b".to_owned(),
        };
        let with = |store, network| Cache {
            network,
            stores: vec![store],
            ..cache()
        };
        let variables = Variables::default();
        assert_eq!(
            names(&with(s3(), false), &variables, Place::Sandbox),
            ["no-network"]
        );
        assert!(names(&with(s3(), true), &variables, Place::Sandbox).is_empty());
        assert!(names(&with(s3(), false), &variables, Place::Host).is_empty());
        let redis = |found, said: Option<&str>| Store::Socket {
            name: "redis",
            address: Address::Socket("/run/r".into()),
            found,
            said: said.map(str::to_owned),
        };
        let noauth = || {
            with(
                redis(Found::Answered, Some("NOAUTH Authentication required.")),
                true,
            )
        };
        assert_eq!(names(&noauth(), &variables, Place::Host), ["store-refuses"]);
        let password = [("SCCACHE_REDIS_PASSWORD", "hunter2")].into();
        assert!(names(&noauth(), &password, Place::Host).is_empty());
        assert_eq!(
            names(
                &with(redis(Found::Silent, None), true),
                &variables,
                Place::Host
            ),
            ["silent"]
        );
    }

    #[test]
    fn sessions_are_asked_for_and_heard() {
        let lacks = Cache {
            transport: Some("redis".into()),
            lacks_session: true,
            ..cache()
        };
        assert_eq!(
            names(&lacks, &Variables::default(), Place::Build),
            ["no-session"]
        );
        let unnamed = Cache {
            transport: Some("server".into()),
            ..cache()
        };
        assert_eq!(
            names(&unnamed, &Variables::default(), Place::Build),
            ["socket-not-named"]
        );
        for (gave_up, name) in [(true, "session-gave-up"), (false, "session-had-trouble")] {
            let troubled = Cache {
                session: Some(SessionState {
                    trouble: Some("no".into()),
                    gave_up,
                }),
                ..cache()
            };
            assert_eq!(
                names(&troubled, &Variables::default(), Place::Build),
                [name]
            );
        }
    }
}
