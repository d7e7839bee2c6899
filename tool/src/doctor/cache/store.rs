//! One store: what it is, whether it can be used, and what to fix.

use std::path::PathBuf;

use nix_sccache_contract as contract;
use serde::Serialize;

use super::directory::{self, Directory};
use super::levels::{KINDS, in_file, text_in_file};
use super::socket::{self, Address, Found, ask};
use crate::doctor::configuration::{Configuration, folder_of};
use crate::doctor::environment::{Environment, Place};
use crate::doctor::mask;
use crate::doctor::page::Page;
use crate::doctor::problem::Problem;
use crate::doctor::variables::Variables;

/// A store that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(super) enum Store {
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
/// Looks at the store of a level.
pub(super) fn gather(name: &str, variables: &Variables, configuration: &Configuration) -> Store {
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
/// What is wrong with it, in a place with a network or without.
pub(super) fn judge(
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
pub(super) fn show(store: &Store, network: bool, page: &mut Page) {
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
            let why = if network {
                "not checked: it is somewhere in the network"
            } else {
                "cannot be checked: there is no network here"
            };
            page.row("", why);
        }
        Store::Nowhere { name, why } => page.row(name, why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::levels::levels;
    use super::*;
    use crate::doctor::configuration::{self, File};

    fn none() -> Configuration {
        Configuration {
            sccache: None,
            cargo_files: Vec::new(),
            cargo: configuration::Cargo::default(),
            source_tree: None,
        }
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
            gather("redis", &Variables::default(), &in_file),
            Store::Network {
                name: "redis",
                place: "redis://h".to_owned()
            }
        );
        assert!(matches!(
            gather("webdva", &Variables::default(), &none()),
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
}
