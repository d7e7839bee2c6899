//! Between sccache and the server, to see what becomes of entries.
//!
//! In client-side mode sccache 0.19 asks the server for entries and gives it those that it made,
//! and tells nobody when one is damaged or cannot be stored. So it is given a socket of ours: all
//! passes byte for byte, and the beginnings of requests and answers are looked at.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_contract::wire::{self, GetPath, HEADER, Reader, Request, Response};

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The key that was asked for.
    pub key: Option<String>,
    /// Whether the server had an entry under it.
    pub found: bool,
    /// Whether the server says that it stores nothing. It takes entries all the same.
    pub read_only: bool,
    /// Why an entry could not be fetched.
    pub not_fetched: Option<String>,
    /// Why an entry could not be stored.
    pub not_stored: Option<String>,
    /// How long the server took for its answers, all together.
    pub waited: Duration,
}

/// A socket in front of the server's, for one call.
pub struct Relay {
    socket: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

impl Relay {
    /// Listens at a new socket, for one connection, and passes it on to the server. The key that is
    /// asked for is written to a file, for whoever stands in the compiler's place.
    pub fn start(socket: PathBuf, key_file: PathBuf, server: UnixStream) -> io::Result<Self> {
        let listener = UnixListener::bind(&socket)?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let relay = Self {
            socket,
            seen: Arc::clone(&seen),
        };
        // It ends with the connection, or with the process, should nobody connect.
        thread::Builder::new().spawn(move || {
            if let Ok((client, _)) = listener.accept() {
                let mut passing = Passing {
                    client,
                    server,
                    key_file,
                    seen,
                };
                passing.pass().ok();
            }
        })?;
        Ok(relay)
    }

    /// Where sccache is to connect.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        fs::remove_file(&self.socket).ok();
    }
}

struct Passing {
    client: UnixStream,
    server: UnixStream,
    key_file: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

/// How much of a body is looked at: a number, a key, or what a server says of an error.
const MAX_HEAD: u64 = 1024;

impl Passing {
    /// One request, one answer, until either side has enough.
    fn pass(&mut self) -> io::Result<()> {
        loop {
            let (length, head) = begin(&mut self.client)?;
            let asked = Request::read(Reader::of_head(length, &head)).ok();
            if let Some(Request::StorageGetPath { key } | Request::StorageGetRaw { key }) = asked {
                fs::write(&self.key_file, key.as_bytes()).ok();
                self.note(|seen| seen.key = Some(key.to_string()));
            }
            let since = Instant::now();
            // A server that does not want the request may say why all the same.
            let sent = pass_frame(&mut self.client, &mut self.server, length, &head);
            let answered = self.answer();
            self.note(|seen| seen.waited += since.elapsed());
            if let Err(error) = sent.and(answered) {
                self.note(|seen| seen.broke(asked, length, &error));
                return Err(error);
            }
        }
    }

    fn answer(&mut self) -> io::Result<()> {
        let (length, head) = begin(&mut self.server)?;
        let response = Response::read(Reader::of_head(length, &head));
        // Noted before sccache hears of it, and ends.
        self.note(|seen| seen.answer(response));
        pass_frame(&mut self.server, &mut self.client, length, &head)
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Seen {
    /// Looks at an answer.
    fn answer(&mut self, response: Response) {
        match response {
            Response::StorageGetPath(GetPath::Found(_)) | Response::StorageGetRaw(Some(_)) => {
                self.found = true;
            }
            Response::StoragePutRaw(Err(why)) => {
                self.not_stored = Some(String::from_utf8_lossy(why).into_owned());
            }
            Response::StorageHandshake(storage) => self.read_only = storage.is_read_only,
            _ => {}
        }
    }

    /// The connection broke.
    fn broke(&mut self, asked: Option<Request>, length: u32, error: &io::Error) {
        // Between two requests it is sccache that has enough, and nothing broke.
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => "the server hung up".to_owned(),
            _ => error.to_string(),
        };
        match asked {
            Some(Request::StoragePutRaw { .. }) => {
                self.not_stored = Some(format!("{why} when it was sent {} KiB", length / 1024));
            }
            Some(Request::StorageGetRaw { .. } | Request::StorageGetPath { .. }) => {
                self.not_fetched = Some(format!("{why} in the middle of an answer"));
            }
            _ => {}
        }
    }
}

/// The length of a frame, and the beginning of its body.
fn begin(from: &mut UnixStream) -> io::Result<(u32, Vec<u8>)> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header)?;
    let length = wire::body_length(header);
    let mut head = Vec::new();
    let wanted = u64::from(length).min(MAX_HEAD);
    from.take(wanted).read_to_end(&mut head)?;
    Ok((length, head))
}

/// Passes a frame on whose beginning was read.
fn pass_frame(
    from: &mut UnixStream,
    to: &mut UnixStream,
    length: u32,
    head: &[u8],
) -> io::Result<()> {
    to.write_all(&[&wire::header(length), head].concat())?;
    let left = u64::from(length).saturating_sub(head.len() as u64);
    let passed = io::copy(&mut from.take(left), to)?;
    if passed < left {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::slice;

    use nix_sccache_contract::wire::{Key, body, bytes, frame};

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn get() -> Vec<u8> {
        let key = Key::new(KEY.as_bytes()).unwrap();
        Request::StorageGetRaw { key }.start_of_frame().unwrap()
    }

    /// A server that answers each request with the next of these, and then hangs up.
    fn relayed(answers: Vec<Vec<u8>>, requests: &[Vec<u8>]) -> (Seen, Vec<u8>, String) {
        let folder = tempfile::tempdir().unwrap();
        let (server, mut behind) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            for answer in answers {
                let (length, head) = begin(&mut behind).unwrap();
                let mut rest = vec![0; length as usize - head.len()];
                behind.read_exact(&mut rest).unwrap();
                behind.write_all(&answer).unwrap();
            }
        });
        let key_file = folder.path().join("key");
        let relay = Relay::start(folder.path().join("socket"), key_file.clone(), server).unwrap();
        let mut client = UnixStream::connect(relay.socket()).unwrap();
        for request in requests {
            client.write_all(request).ok();
        }
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).ok();
        let key = fs::read_to_string(key_file).unwrap_or_default();
        (relay.seen(), heard, key)
    }

    #[test]
    fn all_passes_and_is_seen() {
        let get = get();
        let entry = bytes(&vec![7; 200_000]);
        let put = frame(&body(8, &[&bytes(KEY.as_bytes()), &entry])).unwrap();
        let found = frame(&body(8, &[&[1], &bytes(&vec![3; 300_000])])).unwrap();
        let response = |response: Response| response.start_of_frame().unwrap();
        let missing = response(Response::StorageGetRaw(None));
        let stored = response(Response::StoragePutRaw(Ok(())));
        let refused = response(Response::StoragePutRaw(Err(b"no room")));

        let (seen, heard, key) = relayed(vec![found.clone()], slice::from_ref(&get));
        assert_eq!((heard, key.as_str()), (found.clone(), KEY));
        assert!(seen.found && seen.not_stored.is_none() && seen.not_fetched.is_none());
        assert_eq!(seen.key.as_deref(), Some(KEY));

        let asked = [get.clone(), put.clone()];
        let (seen, heard, _) = relayed(vec![missing.clone(), stored.clone()], &asked);
        assert_eq!(heard, [missing.clone(), stored].concat());
        assert!(!seen.found && seen.not_stored.is_none(), "{seen:?}");

        let (seen, ..) = relayed(vec![missing.clone(), refused], &asked);
        assert_eq!(seen.not_stored.as_deref(), Some("no room"));
        let (seen, ..) = relayed(vec![missing], &asked);
        assert!(seen.not_stored.unwrap().contains("hung up"));
        let (seen, heard, _) = relayed(vec![found[..1000].to_vec()], &[get]);
        assert_eq!(heard.len(), 1000);
        assert!(seen.not_fetched.unwrap().contains("hung up"));
    }

    #[test]
    fn a_server_that_only_reads_says_so() {
        let asked = Request::StorageHandshake.start_of_frame().unwrap();
        for (mode, only_reads) in [(0_u32, true), (1, false), (2, false)] {
            let parts: [&[u8]; 6] = [
                &bytes(b"disk: /c"),
                &bytes(b"disk"),
                &0_u64.to_le_bytes(),
                &[0, 0, 1, 0, 0, 1],
                &mode.to_le_bytes(),
                &[0],
            ];
            let answer = frame(&body(6, &parts)).unwrap();
            let (seen, ..) = relayed(vec![answer], slice::from_ref(&asked));
            assert_eq!(seen.read_only, only_reads, "{mode}");
        }
    }

    #[test]
    fn no_answer_breaks_it() {
        let get = get();
        for nonsense in [
            &b""[..],
            b"\0",
            b"HTTP/1.1 400",
            b"\0\0\0\0",
            b"\xff\xff\xff\xff\x08",
        ] {
            let (seen, ..) = relayed(vec![nonsense.to_vec()], slice::from_ref(&get));
            assert!(!seen.found, "{nonsense:?}");
        }
    }
}
