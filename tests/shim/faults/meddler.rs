//! Something between a build and the daemon that does what no daemon of sccache's should.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use nix_sccache_contract::wire::{self, HEADER, Key, Reader, Request, Response};
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Signal, kill_process};

/// What it does.
#[derive(Clone, Debug)]
pub enum Meddling {
    /// Takes connections and says nothing.
    Hang,
    /// Says this to whoever connects, and hangs up.
    Say(&'static [u8]),
    /// Hears a request, and hangs up.
    HangUp,
    /// Hangs up in the middle of an entry.
    CutEntries,
    /// Hangs up at this request to store something, and from then on serves.
    HangUpAtPut(usize),
    /// Falls silent at this request, on that connection.
    StallAt(usize),
    /// Falls silent at the first request to store something.
    StallAtPut,
    /// Kills who asks this request, this long after it was answered.
    Kill(usize, Duration),
    /// Takes this long for each answer.
    Slow(Duration),
    /// Answers with the numbers of a release that has one answer more.
    OtherRelease,
}

/// Begins to meddle at a socket, in front of the daemon's, for as long as the tests run.
pub fn meddle(socket: &Path, daemon: PathBuf, meddling: Meddling) {
    let listener = UnixListener::bind(socket).unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (daemon, meddling) = (daemon.clone(), meddling.clone());
            let requests = Arc::clone(&requests);
            thread::spawn(move || serve(client, &daemon, &meddling, &requests));
        }
    });
}

/// `requests` counts those of all connections that the meddling is about.
fn serve(
    mut client: UnixStream,
    daemon: &Path,
    meddling: &Meddling,
    requests: &AtomicUsize,
) -> Option<()> {
    match meddling {
        Meddling::Hang => {
            client.read_to_end(&mut Vec::new()).ok()?;
            return Some(());
        }
        Meddling::Say(words) => {
            if !words.is_empty() {
                frame(&mut client)?;
            }
            return client.write_all(words).ok();
        }
        Meddling::HangUp => return frame(&mut client).map(drop),
        _ => {}
    }
    let mut daemon = UnixStream::connect(daemon).ok()?;
    loop {
        let request = frame(&mut client)?;
        let is_put = request.get(HEADER..)?.starts_with(&PUT.to_le_bytes());
        let counts = match meddling {
            Meddling::HangUpAtPut(_) | Meddling::StallAtPut => is_put,
            _ => true,
        };
        let number = if counts {
            requests.fetch_add(1, Ordering::Relaxed)
        } else {
            usize::MAX
        };
        if matches!(meddling, Meddling::HangUpAtPut(at) if *at == number) {
            return Some(());
        }
        let stalls = match meddling {
            Meddling::StallAtPut => number == 0,
            Meddling::StallAt(at) => number == *at,
            _ => false,
        };
        if stalls {
            client.read_to_end(&mut Vec::new()).ok()?;
        }
        daemon.write_all(&request).ok()?;
        let mut answer = frame(&mut daemon)?;
        let mut body = Reader::new(answer.get(HEADER..)?);
        match meddling {
            Meddling::CutEntries
                if matches!(Response::read(body), Response::StorageGetRaw(Some(_))) =>
            {
                answer.truncate(answer.len() / 2);
                return client.write_all(&answer).ok();
            }
            Meddling::Slow(delay) => thread::sleep(*delay),
            Meddling::OtherRelease => {
                let number = body.u32()? + 1;
                answer.splice(HEADER..HEADER + 4, number.to_le_bytes());
            }
            _ => {}
        }
        client.write_all(&answer).ok()?;
        if let Meddling::Kill(at, after) = meddling
            && *at == number
        {
            thread::sleep(*after);
            kill_process(socket_peercred(&client).ok()?.pid, Signal::KILL).ok()?;
        }
    }
}

/// The number of a request to store something.
const PUT: u32 = Request::StoragePutRaw {
    key: Key::ZERO,
    length: 0,
}
.number();

fn frame(from: &mut UnixStream) -> Option<Vec<u8>> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header).ok()?;
    let mut body = vec![0; usize::try_from(wire::body_length(header)).ok()?];
    from.read_exact(&mut body).ok()?;
    wire::frame(&body)
}
