//! The protocol of sccache's daemon, spoken by hand: what no client of sccache's would say is
//! what the gateway is for.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

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
    /// Connects.
    pub fn new(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket)
            .unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap_or_else(|error| panic!("{error}"));
        stream
            .set_write_timeout(Some(Duration::from_secs(5)))
            .unwrap_or_else(|error| panic!("{error}"));
        Self(stream)
    }

    /// Sends bytes as they are, as many as are taken.
    pub fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.write_all(bytes).ok();
        self
    }

    /// Hears an answer out.
    pub fn hear(&mut self) -> Heard {
        let mut header = [0; 4];
        let read = self.0.read_exact(&mut header).and_then(|()| {
            let mut body = vec![0; u32::from_be_bytes(header) as usize];
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
    let length = u32::try_from(body.len()).unwrap_or_else(|error| panic!("{error}"));
    [&length.to_be_bytes(), body].concat()
}

/// A request of this number, with these parts.
pub fn request(number: u32, parts: &[&[u8]]) -> Vec<u8> {
    [&number.to_le_bytes()[..], &parts.concat()].concat()
}

/// A string, or a list of bytes.
pub fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u64).to_le_bytes(), bytes].concat()
}

/// A request for the entry of this key.
pub fn get(key: &str) -> Vec<u8> {
    request(7, &[&string(key.as_bytes())])
}

/// A request to store an entry.
pub fn put(key: &str, entry: &[u8]) -> Vec<u8> {
    request(8, &[&string(key.as_bytes()), &string(entry)])
}

/// The answer to a request for an entry that is there.
pub fn found(entry: &[u8]) -> Heard {
    Heard::Answer([&8_u32.to_le_bytes()[..], &[1], &string(entry)].concat())
}

/// The answer when an entry was stored.
pub fn stored() -> Heard {
    Heard::Answer(vec![9, 0, 0, 0, 0, 0, 0, 0])
}

/// Statistics of a call that was not cached for these reasons.
pub fn statistics(reasons: &[String]) -> Vec<u8> {
    let counted: Vec<u8> = reasons
        .iter()
        .flat_map(|reason| [string(reason.as_bytes()), 1_u64.to_le_bytes().to_vec()].concat())
        .collect();
    let many = (reasons.len() as u64).to_le_bytes();
    request(11, &[&[0; 188], &many, &counted, &[0; 17]])
}
