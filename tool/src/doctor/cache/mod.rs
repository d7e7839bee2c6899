//! The cache: by which way it is reached, and whether it is.

mod directory;
mod levels;
mod server;
mod socket;
mod store;

use std::fs;

use nix_sccache_contract as contract;
use serde::Serialize;

use self::levels::levels;
use self::server::Server;
use self::socket::{Address, Found};
use self::store::Store;
use super::configuration::Configuration;
use super::environment::Environment;
use super::page::Page;
use super::problem::Problem;
use super::tools::Tools;
use super::variables::Variables;
use crate::client;
use crate::session::Session;

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
            .map(|level| store::gather(level, variables, configuration))
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
        problems.extend(store::judge(store, cache.network, variables, environment));
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
        store::show(store, cache.network, page);
    }
    if let Some(session) = &cache.session {
        let trouble = session.trouble.as_deref().unwrap_or("no trouble so far");
        page.row("session", trouble);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::environment::{self, Place};

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
