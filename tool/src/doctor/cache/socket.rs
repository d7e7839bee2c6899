//! What is at a socket: whether it is there, may be used, and answers.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use serde::Serialize;

use super::super::environment::Place;
use super::super::probe::{OF_A_PLACE, is_not_there, within};
use super::super::problem::Problem;

/// How much of an answer is read.
const MOST: usize = 64 << 10;

/// Where something listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// At a socket in the file system.
    Socket(PathBuf),
    /// At a port of this machine's own.
    Port(u16),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Port(port) => write!(f, "port {port} of this machine"),
        }
    }
}

/// What is at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Found {
    /// Nothing.
    Missing {
        /// Whether the folder is there that it would be in.
        folder_exists: bool,
    },
    /// Something else than a socket.
    NotASocket,
    /// A socket, or a folder on the way to it, that this user may not use.
    Denied {
        /// Which of them.
        path: PathBuf,
        /// Its owner, group and mode, where they can be told.
        mode: Option<String>,
    },
    /// A socket at which nobody listens.
    Refused,
    /// Something that fails otherwise.
    Failed {
        /// How.
        error: String,
    },
    /// Somebody who takes the connection and says nothing.
    Silent,
    /// Somebody who says something else than who is looked for.
    Strange,
    /// Who is looked for.
    Answered,
}

/// Asks a question and reads until `is_whole` says so, the other side has ended, or it has taken
/// too long. Nothing is changed by that, if the question changes nothing.
pub fn ask(
    address: &Address,
    question: &'static [u8],
    is_whole: fn(&[u8]) -> bool,
) -> Result<Vec<u8>, Found> {
    let address = address.clone();
    let asked = within(OF_A_PLACE, move || {
        if let Address::Socket(path) = &address {
            look(path)?;
        }
        exchange(&address, question, is_whole).map_err(|error| failed(&error))
    });
    asked.unwrap_or(Err(Found::Silent))
}

fn failed(error: &io::Error) -> Found {
    match error.kind() {
        ErrorKind::ConnectionRefused => Found::Refused,
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Found::Silent,
        _ => Found::Failed {
            error: error.to_string(),
        },
    }
}

/// Whether there is a socket that this user may use; connecting alone would say `refused` of
/// whatever is no socket.
fn look(path: &Path) -> Result<(), Found> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if is_not_there(&error) => {
            return Err(Found::Missing {
                folder_exists: path.parent().is_some_and(Path::is_dir),
            });
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let closed = path
                .ancestors()
                .skip(1)
                .find(|folder| fs::metadata(folder).is_ok());
            return Err(denied(closed.unwrap_or(path)));
        }
        Err(error) => return Err(failed(&error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(Found::NotASocket);
    }
    // Other errors are none: a socket on a file system that cannot be written to can be used.
    if access(path, Access::WRITE_OK) == Err(rustix::io::Errno::ACCESS) {
        return Err(denied(path));
    }
    Ok(())
}

fn denied(path: &Path) -> Found {
    let mode = fs::metadata(path).ok().map(|metadata| {
        format!(
            "owner {}, group {}, mode {:04o}",
            metadata.uid(),
            metadata.gid(),
            metadata.mode() & 0o7777
        )
    });
    Found::Denied {
        path: path.to_owned(),
        mode,
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

fn connect(address: &Address) -> io::Result<Box<dyn Stream>> {
    Ok(match address {
        Address::Socket(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_write_timeout(Some(OF_A_PLACE))?;
            stream.set_read_timeout(Some(OF_A_PLACE))?;
            Box::new(stream)
        }
        Address::Port(port) => {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
            let stream = TcpStream::connect_timeout(&address, OF_A_PLACE)?;
            stream.set_write_timeout(Some(OF_A_PLACE))?;
            stream.set_read_timeout(Some(OF_A_PLACE))?;
            Box::new(stream)
        }
    })
}

fn exchange(
    address: &Address,
    question: &[u8],
    is_whole: fn(&[u8]) -> bool,
) -> io::Result<Vec<u8>> {
    let mut stream = connect(address)?;
    let mut answer = Vec::new();
    match stream.write_all(question) {
        Err(error) if has_hung_up(&error) => return Ok(answer),
        other => other?,
    }
    let mut buffer = [0; 4096];
    while answer.len() < MOST && !is_whole(&answer) {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend(buffer.iter().take(read)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if has_hung_up(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

/// Whether the other side has ended, as one does that heard a question which is none to it.
fn has_hung_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted
    )
}

/// What is wrong with what is there, where `who` ought to listen.
pub fn judge(who: &str, address: &Address, found: &Found, place: Place) -> Option<Problem> {
    let mount = |path: &Path| {
        let folder = path.parent().unwrap_or(path).display();
        if place == Place::Sandbox {
            format!("add `extra-sandbox-paths = {folder}?` to nix.conf on the host")
        } else {
            format!("start {who}, or say where its socket is")
        }
    };
    let start =
        |address: &Address| format!("start {who} on the host, so that it listens at {address}");
    let (name, what, remedy) = match (found, address) {
        (Found::Answered, _) => return None,
        (
            Found::Missing {
                folder_exists: false,
            },
            Address::Socket(path),
        ) => (
            "socket-missing",
            "is not there, nor is its folder".to_owned(),
            mount(path),
        ),
        (Found::Missing { .. }, _) => (
            "socket-missing",
            "is not there, though its folder is".to_owned(),
            start(address),
        ),
        (Found::NotASocket, _) => (
            "not-a-socket",
            "is no socket".to_owned(),
            format!("remove it and start {who}, or name its socket"),
        ),
        (Found::Denied { path, mode }, _) => {
            let mode = mode
                .as_ref()
                .map_or_else(String::new, |mode| format!(" ({mode})"));
            let is_folder = Address::Socket(path.clone()) != *address;
            (
                "socket-denied",
                format!("may not be used by this user: {}{mode}", path.display()),
                if is_folder {
                    format!("on the host: chmod a+x {}", path.display())
                } else {
                    format!(
                        "on the host: chmod 666 {}, since build users are in no group of its",
                        path.display()
                    )
                },
            )
        }
        (Found::Refused, _) => (
            "nobody-listens",
            "is there, and nobody listens at it".to_owned(),
            start(address),
        ),
        (Found::Failed { error }, _) => (
            "socket-fails",
            format!("cannot be used: {error}"),
            start(address),
        ),
        (Found::Silent, _) => (
            "silent",
            format!(
                "takes a connection and does not answer within {} s",
                OF_A_PLACE.as_secs()
            ),
            format!("restart {who}"),
        ),
        (Found::Strange, _) => (
            "strange",
            "answers, but not as it should".to_owned(),
            format!("look what listens there: it ought to be {who}"),
        ),
    };
    Some(Problem::fix(
        name,
        format!("the socket of {who}, {address}, {what}"),
        remedy,
    ))
}

/// The same in few words.
pub fn say(found: &Found) -> String {
    match found {
        Found::Missing { .. } => "not there".to_owned(),
        Found::NotASocket => "no socket".to_owned(),
        Found::Denied { .. } => "this user may not use it".to_owned(),
        Found::Refused => "nobody listens".to_owned(),
        Found::Failed { error } => error.clone(),
        Found::Silent => "takes a connection and does not answer".to_owned(),
        Found::Strange => "answers, but not as it should".to_owned(),
        Found::Answered => "answers".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::thread;

    /// Asks somebody who does this with each connection.
    fn asked(listen: impl Fn(UnixStream) + Send + 'static) -> Result<Vec<u8>, Found> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || listener.incoming().flatten().for_each(listen));
        ask(&Address::Socket(path), b"?", |answer| {
            answer.ends_with(b"!")
        })
    }

    #[test]
    fn answers_are_read_to_their_end() {
        let answer = asked(|mut connection| {
            connection.write_all(b"ye").unwrap();
            connection.write_all(b"s!").unwrap();
            // It would wait for more.
            connection.read_to_end(&mut Vec::new()).ok();
        });
        assert_eq!(answer, Ok(b"yes!".to_vec()));
        assert_eq!(asked(drop), Ok(Vec::new()));
        let endless = asked(|mut connection| while connection.write_all(&[0; 4096]).is_ok() {});
        assert!(endless.is_ok_and(|answer| answer.len() >= MOST));
    }

    #[test]
    fn silence_ends() {
        let began = std::time::Instant::now();
        let silent = asked(|mut connection| drop(connection.read_to_end(&mut Vec::new())));
        assert_eq!(silent, Err(Found::Silent));
        // One letter at a time, for ever.
        let slow = asked(|mut connection| {
            while connection.write_all(b".").is_ok() {
                thread::sleep(OF_A_PLACE / 4);
            }
        });
        assert_eq!(slow, Err(Found::Silent));
        assert!(began.elapsed() < OF_A_PLACE * 4);
    }

    #[test]
    fn what_is_no_socket_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let address = Address::Socket(folder.path().join(name));
            ask(&address, b"?", |_| true).unwrap_err()
        };
        fs::write(folder.path().join("file"), "").unwrap();
        drop(UnixListener::bind(folder.path().join("left")).unwrap());
        assert_eq!(
            at("none"),
            Found::Missing {
                folder_exists: true
            }
        );
        assert_eq!(
            at("none/s"),
            Found::Missing {
                folder_exists: false
            }
        );
        assert_eq!(at("file"), Found::NotASocket);
        assert_eq!(at("left"), Found::Refused);
        assert!(matches!(at(&"a".repeat(200)), Found::Missing { .. }));
    }

    #[test]
    fn the_remedy_depends_on_the_place() {
        let address = Address::Socket("/run/x/s".into());
        let missing = Found::Missing {
            folder_exists: false,
        };
        let remedy = |place| {
            judge("the daemon", &address, &missing, place)
                .unwrap()
                .remedy
        };
        assert!(remedy(Place::Sandbox).contains("extra-sandbox-paths = /run/x"));
        assert!(!remedy(Place::Host).contains("extra-sandbox-paths"));
        assert_eq!(
            judge("the daemon", &address, &Found::Answered, Place::Host),
            None
        );
        let denied = Found::Denied {
            path: "/run/x".into(),
            mode: None,
        };
        let problem = judge("the daemon", &address, &denied, Place::Host).unwrap();
        assert_eq!(problem.remedy, "on the host: chmod a+x /run/x");
    }
}
