//! Speaks the protocol of sccache's daemon by hand: what no client of sccache's would say is
//! what the gateway is for.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nix_sccache_contract::wire::{self, HEADER, Key, Request, Response};
pub use nix_sccache_contract::wire::{body as request, bytes as string};

/// A connection.
#[derive(Debug)]
pub struct Client(UnixStream);

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// An answer's body.
    Answer(Vec<u8>),
    /// The end of the connection.
    Closed,
    /// Nothing for a while.
    Nothing,
}

impl Client {
    /// Connects. For what comes it waits longer than anything should take.
    pub fn new(socket: &Path) -> Self {
        Self::with_timeout(socket, Duration::from_secs(20))
    }

    /// Connects, and waits this long for what comes.
    pub fn with_timeout(socket: &Path, timeout: Duration) -> Self {
        let stream = UnixStream::connect(socket)
            .unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
        stream.set_read_timeout(Some(timeout)).unwrap();
        stream
            .set_write_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        Self(stream)
    }

    /// Sends bytes as they are, as many as are taken.
    pub fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.write_all(bytes).ok();
        self
    }

    /// Hears an answer out.
    pub fn hear(&mut self) -> Heard {
        let mut header = [0; HEADER];
        let read = self.0.read_exact(&mut header).and_then(|()| {
            let mut body = vec![0; wire::body_length(header) as usize];
            self.0.read_exact(&mut body)?;
            Ok(body)
        });
        match read {
            Ok(body) => Heard::Answer(body),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Heard::Nothing
            }
            Err(_) => Heard::Closed,
        }
    }

    /// Sends a request, and hears its answer.
    pub fn ask(&mut self, body: &[u8]) -> Heard {
        self.send(&frame(body)).hear()
    }
}

/// A frame with this body.
pub fn frame(body: &[u8]) -> Vec<u8> {
    wire::frame(body).unwrap_or_else(|| panic!("a body of {} bytes", body.len()))
}

/// A request for the entry of this key, or of what is none.
pub fn get(key: &str) -> Vec<u8> {
    request(
        Request::StorageGetRaw { key: ANY }.number(),
        &[&string(key.as_bytes())],
    )
}

/// A request to store an entry.
pub fn put(key: &str, entry: &[u8]) -> Vec<u8> {
    let number = Request::StoragePutRaw {
        key: ANY,
        length: 0,
    }
    .number();
    request(number, &[&string(key.as_bytes()), &string(entry)])
}

/// A request that adds one invocation to the statistics, which ran without the cache for these reasons.
pub fn not_cached(reasons: &[&str]) -> Vec<u8> {
    let number = Request::RecordStats { length: 0 }.number();
    let mut map = (reasons.len() as u64).to_le_bytes().to_vec();
    for reason in reasons {
        map.extend(string(reason.as_bytes()));
        map.extend(1_u64.to_le_bytes());
    }
    // Around them stand other fields of sccache's `ServerStats`.
    request(number, &[&[0; 188], &map, &[0; 17]])
}

/// The answer to a request for an entry that is there.
pub fn found(entry: &[u8]) -> Heard {
    answer(Response::StorageGetRaw(Some(entry.len() as u64)), entry)
}

/// The answer to a request for an entry that is not there.
pub fn missing() -> Heard {
    answer(Response::StorageGetRaw(None), b"")
}

/// The answer when an entry was stored.
pub fn stored() -> Heard {
    answer(Response::StoragePutRaw(Ok(())), b"")
}

/// An answer, and the entry that ends it.
pub fn answer(response: Response, entry: &[u8]) -> Heard {
    let start = response.start_of_frame();
    let body = start.as_ref().and_then(|start| start.get(HEADER..));
    let body = body.unwrap_or_else(|| panic!("{response:?} cannot be written"));
    Heard::Answer([body, entry].concat())
}

/// A key, where one is wanted and it does not matter which.
const ANY: Key = Key::ZERO;
