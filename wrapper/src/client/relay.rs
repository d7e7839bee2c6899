//! Between sccache and the server, to see what becomes of entries.
//!
//! In client-side mode sccache 0.19 asks the server for entries and gives it those that it made,
//! and tells nobody when one is damaged or cannot be stored. So it is given a socket of ours: all
//! passes byte for byte, and the beginnings of requests and answers are looked at. The numbers are
//! those of sccache 0.17, 0.18 and 0.19, as in the gateway's `decide`.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

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

/// Requests whose answers say something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Mode,
    Path,
    Entry,
    ToStore,
    Else,
}

impl Asked {
    fn of(number: u32) -> Self {
        match number {
            5 => Self::Mode,
            6 => Self::Path,
            7 => Self::Entry,
            8 => Self::ToStore,
            _ => Self::Else,
        }
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
            let mut rest = head.as_slice();
            let asked = number(&mut rest).map_or(Asked::Else, Asked::of);
            if matches!(asked, Asked::Path | Asked::Entry)
                && let Some(key) = text(&mut rest)
            {
                fs::write(&self.key_file, &key).ok();
                self.note(|seen| seen.key = Some(key));
            }
            let since = Instant::now();
            // A server that does not want the request may say why all the same.
            let sent = pass_frame(&mut self.client, &mut self.server, length, &head);
            let answered = self.answer(asked);
            self.note(|seen| seen.waited += since.elapsed());
            if let Err(error) = sent.and(answered) {
                self.note(|seen| seen.broke(asked, length, &error));
                return Err(error);
            }
        }
    }

    fn answer(&mut self, asked: Asked) -> io::Result<()> {
        let (length, head) = begin(&mut self.server)?;
        let mut rest = head.as_slice();
        if let Some(number) = number(&mut rest) {
            // Noted before sccache hears of it, and ends.
            self.note(|seen| seen.answer(asked, number, rest));
        }
        pass_frame(&mut self.server, &mut self.client, length, &head)
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Seen {
    /// Looks at an answer of this number, whose body goes on like this.
    fn answer(&mut self, asked: Asked, answered: u32, mut body: &[u8]) {
        match (asked, answered) {
            // Where the entry is, as the first of three cases.
            (Asked::Path, 7) => self.found |= number(&mut body) == Some(0),
            (Asked::Entry, 8) => self.found |= body.first() == Some(&1),
            (Asked::ToStore, 9) if number(&mut body) != Some(0) => {
                let why = text(&mut body).unwrap_or_else(|| "no reason is given".to_owned());
                self.not_stored = Some(why);
            }
            (Asked::Mode, 6) => self.read_only = only_reads(body) == Some(true),
            _ => {}
        }
    }

    /// The connection broke.
    fn broke(&mut self, asked: Asked, length: u32, error: &io::Error) {
        // Between two requests it is sccache that has enough, and nothing broke.
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => "the server hung up".to_owned(),
            _ => error.to_string(),
        };
        match asked {
            Asked::ToStore => {
                self.not_stored = Some(format!(
                    "{why} when it was sent {} KiB: is its SCCACHE_MAX_FRAME_LENGTH large enough, \
                     and the gateway's --max-frame?",
                    length / 1024
                ));
            }
            Asked::Entry | Asked::Path => {
                self.not_fetched = Some(format!("{why} in the middle of an answer"));
            }
            Asked::Mode | Asked::Else => {}
        }
    }
}

/// Whether a server's answer about its storage's mode says that it only reads; nothing where it
/// has not the shape that it has in 0.17 to 0.19: where the storage is, its kind, folders, six
/// switches, the mode, and perhaps a size.
fn only_reads(mut body: &[u8]) -> Option<bool> {
    text(&mut body)?;
    text(&mut body)?;
    let folders = u64::from_le_bytes(take(&mut body, 8)?.try_into().ok()?);
    for _ in 0..folders.min(MAX_HEAD) {
        text(&mut body)?;
    }
    take(&mut body, 6)?;
    let mode = number(&mut body)?;
    let ends = matches!(body, [0] | [1, _, _, _, _, _, _, _, _]);
    (ends && mode <= 1).then_some(mode == 0)
}

/// The length of a frame, and the beginning of its body.
fn begin(from: &mut UnixStream) -> io::Result<(u32, Vec<u8>)> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
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
    to.write_all(&[&length.to_be_bytes(), head].concat())?;
    let left = u64::from(length).saturating_sub(head.len() as u64);
    let passed = io::copy(&mut from.take(left), to)?;
    if passed < left {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

fn take<'a>(body: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = body.split_at_checked(length)?;
    *body = rest;
    Some(taken)
}

fn number(body: &mut &[u8]) -> Option<u32> {
    let bytes = take(body, 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

/// A text, or as much of it as was read.
fn text(body: &mut &[u8]) -> Option<String> {
    let length = u64::from_le_bytes(take(body, 8)?.try_into().ok()?);
    let length = usize::try_from(length).ok()?.min(body.len());
    Some(String::from_utf8_lossy(take(body, length)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;

    fn frame(parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        [&u32::try_from(body.len()).unwrap().to_be_bytes(), &body[..]].concat()
    }

    fn string(text: &[u8]) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes(), text].concat()
    }

    /// A server that answers each request with the next of these, and then hangs up.
    fn relayed(answers: Vec<Vec<u8>>, requests: &[Vec<u8>]) -> (Seen, Vec<u8>, String) {
        let folder = tempfile::tempdir().unwrap();
        let (server, mut behind) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            for answer in answers {
                let mut length = [0; 4];
                behind.read_exact(&mut length).unwrap();
                let mut body = vec![0; u32::from_be_bytes(length) as usize];
                behind.read_exact(&mut body).unwrap();
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
        let get = frame(&[&7_u32.to_le_bytes(), &string(b"the key")]);
        let put = frame(&[
            &8_u32.to_le_bytes(),
            &string(b"the key"),
            &string(&vec![7; 200_000]),
        ]);
        let found = frame(&[&8_u32.to_le_bytes(), &[1], &string(&vec![3; 300_000])]);
        let missing = frame(&[&8_u32.to_le_bytes(), &[0]]);
        let stored = frame(&[&9_u32.to_le_bytes(), &0_u32.to_le_bytes()]);
        let refused = frame(&[
            &9_u32.to_le_bytes(),
            &1_u32.to_le_bytes(),
            &string(b"no room"),
        ]);

        let (seen, heard, key) = relayed(vec![found.clone()], slice::from_ref(&get));
        assert_eq!((heard, key.as_str()), (found.clone(), "the key"));
        assert!(seen.found && seen.not_stored.is_none() && seen.not_fetched.is_none());
        assert_eq!(seen.key.as_deref(), Some("the key"));

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
        let answer = |mode: u32, size: &[u8]| {
            let parts = [
                string(b"disk: /c"),
                string(b"disk"),
                1_u64.to_le_bytes().to_vec(),
                string(b"/base"),
                vec![0, 0, 1, 0, 0, 1],
                mode.to_le_bytes().to_vec(),
                size.to_vec(),
            ];
            parts.concat()
        };
        let sized = [&[1], &7_u64.to_le_bytes()[..]].concat();
        for size in [&[0][..], &sized] {
            assert_eq!(only_reads(&answer(0, size)), Some(true));
            assert_eq!(only_reads(&answer(1, size)), Some(false));
        }
        assert_eq!(only_reads(&answer(2, &[0])), None);
        assert_eq!(only_reads(&answer(0, &[0, 0])), None);
        let whole = answer(0, &sized);
        for end in 0..whole.len() {
            assert_ne!(only_reads(&whole[..end]), Some(false), "{end}");
        }
    }

    #[test]
    fn no_answer_breaks_it() {
        let get = frame(&[&7_u32.to_le_bytes(), &string(b"k")]);
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
