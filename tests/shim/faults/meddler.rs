//! Something between a build and the daemon that does what no daemon of sccache's should.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix_sccache_contract::wire::{self, HEADER, Reader, Response};

/// What it does.
#[derive(Clone, Debug)]
pub enum Meddling {
    /// Takes connections and says nothing.
    Hang,
    /// Says this to whoever connects, and hangs up.
    Say(&'static [u8]),
    /// Hangs up in the middle of an entry.
    CutEntries,
    /// Takes this long for each answer.
    Slow(Duration),
    /// Answers with the numbers of a release that has one answer more.
    OtherRelease,
}

/// Begins to meddle at a socket, in front of the daemon's, for as long as the tests run.
pub fn meddle(socket: &Path, daemon: PathBuf, meddling: Meddling) {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (daemon, meddling) = (daemon.clone(), meddling.clone());
            thread::spawn(move || serve(client, &daemon, &meddling));
        }
    });
}

fn serve(mut client: UnixStream, daemon: &Path, meddling: &Meddling) -> Option<()> {
    match meddling {
        Meddling::Hang => drop(client.read_to_end(&mut Vec::new())),
        Meddling::Say(words) => client.write_all(words).ok()?,
        Meddling::CutEntries | Meddling::Slow(_) | Meddling::OtherRelease => {
            let mut daemon = UnixStream::connect(daemon).ok()?;
            loop {
                daemon.write_all(&frame(&mut client)?).ok()?;
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
            }
        }
    }
    Some(())
}

fn frame(from: &mut UnixStream) -> Option<Vec<u8>> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header).ok()?;
    let mut body = vec![0; usize::try_from(wire::body_length(header)).ok()?];
    from.read_exact(&mut body).ok()?;
    wire::frame(&body)
}
