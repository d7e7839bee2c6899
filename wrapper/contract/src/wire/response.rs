//! Reads and writes the responses of sccache's daemon.

use super::frame::{body, bytes, start_of_frame};
use super::reader::Reader;
use super::statistics::ServerInfo;

/// The number of the response that 0.19 alone has: news of a compilation, which comes between a
/// request to compile and its result.
pub const ARTIFACT_NOTIFICATION: u32 = 13;

/// Why a gateway that is told to be read-only does not store an entry, in place of the daemon's reason.
pub const READ_ONLY_GATEWAY: &str = "the gateway of nix-sccache lets nobody write";

/// A response that somebody of this project reads or writes: sccache's `protocol::Response`.
///
/// An entry is no part of the value: it ends the body, and what stands here is how many bytes it
/// has. Of a message of the daemon's there is as much as was at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// What becomes of a request to compile. It is also what a client understands as no answer to
    /// whatever else it asked.
    Compile(CompileResponse),
    /// The statistics.
    Stats(ServerInfo<'a>),
    /// The statistics of a daemon that ends.
    ShuttingDown(ServerInfo<'a>),
    /// What the storage is like.
    StorageHandshake(Handshake<'a>),
    /// Where an entry is.
    StorageGetPath(GetPath<'a>),
    /// An entry of this many bytes, or none. Sccache says none as well where its storage failed.
    StorageGetRaw(Option<u64>),
    /// Whether an entry was stored, or why it was not.
    StoragePutRaw(Result<(), &'a [u8]>),
    /// The same of what a preprocessor left.
    StoragePutPreprocessorEntry(Result<(), &'a [u8]>),
    /// Statistics were added.
    RecordStats,
    /// A response of another number, or of no shape that is known.
    Other,
}

/// What becomes of a request to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileResponse {
    /// It has begun.
    Started,
    /// The daemon does not handle it.
    Unhandled,
}

/// Where an entry is: sccache's `GetPathResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetPath<'a> {
    /// At this path of the daemon's, of which there is as much as was at hand.
    Found(&'a [u8]),
    /// Nowhere.
    Miss,
    /// Not in a file of its own: the storage is no plain directory.
    Unsupported,
}

/// What a storage is like: sccache's `StorageHandshakeInfo`. It has C compilers' settings and base
/// directories as well, which are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake<'a> {
    /// Where it is, for people: `Local disk: "/var/cache/sccache"`.
    pub location: &'a str,
    /// Its kind, such as `disk`.
    pub cache_type: &'a str,
    /// Whether it stores nothing. A read-only level of several takes entries all the same, and drops
    /// them.
    pub is_read_only: bool,
    /// How much it may hold, in bytes, where it has a limit.
    pub max_size: Option<u64>,
}

impl<'a> Response<'a> {
    /// How much of a body decides what an entry's is: a number, whether there is one, and its length.
    pub const HEAD: usize = 4 + 1 + 8;

    /// Reads a response.
    #[must_use]
    pub fn read(body: Reader<'a>) -> Self {
        Self::read_known(body).unwrap_or(Self::Other)
    }

    fn read_known(mut body: Reader<'a>) -> Option<Self> {
        Some(match body.u32()? {
            0 => Self::Compile(match body.u32()? {
                0 => CompileResponse::Started,
                1 => CompileResponse::Unhandled,
                _ => return None,
            }),
            2 => Self::Stats(ServerInfo::read(body)?),
            4 => Self::ShuttingDown(ServerInfo::read(body)?),
            6 => Self::StorageHandshake(Handshake::read(body)?),
            7 => Self::StorageGetPath(match body.u32()? {
                0 => GetPath::Found(body.bytes_at_hand()?),
                1 => GetPath::Miss,
                2 => GetPath::Unsupported,
                _ => return None,
            }),
            8 if body.bool()? => Self::StorageGetRaw(Some(body.last_bytes()?)),
            8 if body.is_at_end() => Self::StorageGetRaw(None),
            9 => Self::StoragePutRaw(stored(body)?),
            11 => Self::StoragePutPreprocessorEntry(stored(body)?),
            12 => Self::RecordStats,
            _ => return None,
        })
    }

    /// The frame of a response that this project gives in the daemon's place, up to where the entry
    /// begins; nothing for others, and where the frame has 4 GiB or more.
    #[must_use]
    pub fn start_of_frame(self) -> Option<Vec<u8>> {
        let (number, holds, behind) = match self {
            Self::Compile(CompileResponse::Started) => (0, body(0, &[]), 0),
            Self::Compile(CompileResponse::Unhandled) => (0, body(1, &[]), 0),
            Self::Stats(info) => (2, info.write(), 0),
            Self::StorageGetRaw(Some(length)) => {
                (8, [&[1], &length.to_le_bytes()[..]].concat(), length)
            }
            Self::StorageGetRaw(None) => (8, vec![0], 0),
            Self::StoragePutRaw(stored) => (9, result(stored), 0),
            Self::StoragePutPreprocessorEntry(stored) => (11, result(stored), 0),
            Self::RecordStats => (12, Vec::new(), 0),
            _ => return None,
        };
        start_of_frame(&body(number, &[&holds]), behind)
    }
}

/// What a result holds in a body.
fn result(stored: Result<(), &[u8]>) -> Vec<u8> {
    match stored {
        Ok(()) => body(0, &[]),
        Err(why) => body(1, &[&bytes(why)]),
    }
}

/// Reads what [`result`] writes; of the reason as much as is at hand.
fn stored(mut body: Reader<'_>) -> Option<Result<(), &[u8]>> {
    Some(match body.u32()? {
        0 => Ok(()),
        1 => Err(body.bytes_at_hand()?),
        _ => return None,
    })
}

impl<'a> Handshake<'a> {
    /// As in 0.17 to 0.19: the location, the kind, base directories, six switches of C compilers', the mode,
    /// and perhaps a size.
    fn read(mut body: Reader<'a>) -> Option<Self> {
        let location = body.text()?;
        let cache_type = body.text()?;
        // More than there is room for ends with the room.
        for _ in 0..body.u64()? {
            body.bytes()?;
        }
        for _ in 0..6 {
            body.bool()?;
        }
        let is_read_only = match body.u32()? {
            0 => true,
            1 => false,
            _ => return None,
        };
        let max_size = body.optional_u64()?;
        body.is_at_end().then_some(Self {
            location,
            cache_type,
            is_read_only,
            max_size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::body_length;
    use super::*;

    fn read(body: &[u8]) -> Response<'_> {
        Response::read(Reader::new(body))
    }

    #[test]
    fn what_is_written_is_read() {
        for response in [
            Response::Compile(CompileResponse::Started),
            Response::Compile(CompileResponse::Unhandled),
            Response::StorageGetRaw(None),
            Response::StorageGetRaw(Some(1 << 30)),
            Response::StoragePutRaw(Ok(())),
            Response::StoragePutRaw(Err(b"no room")),
            Response::StoragePutPreprocessorEntry(Err(b"no room")),
            Response::RecordStats,
        ] {
            let frame = response.start_of_frame().unwrap();
            let (header, head) = frame.split_first_chunk().unwrap();
            let body = Reader::of_head(body_length(*header), head);
            assert_eq!(Response::read(body), response);
        }
        assert_eq!(Response::Other.start_of_frame(), None);
        let long = Response::StorageGetRaw(Some(u64::from(u32::MAX)));
        assert_eq!(long.start_of_frame(), None);
    }

    #[test]
    fn a_storage_says_whether_it_only_reads() {
        let of = |mode: u32, size: &[u8]| {
            let directories = [&1_u64.to_le_bytes()[..], &bytes(b"/base")].concat();
            body(
                6,
                &[
                    &bytes(b"Local disk: \"/c\""),
                    &bytes(b"disk"),
                    &directories,
                    &[0, 0, 1, 0, 0, 1],
                    &mode.to_le_bytes(),
                    size,
                ],
            )
        };
        let whole = of(0, &[&[1], &7_u64.to_le_bytes()[..]].concat());
        let handshake = Handshake {
            location: "Local disk: \"/c\"",
            cache_type: "disk",
            is_read_only: true,
            max_size: Some(7),
        };
        assert_eq!(read(&whole), Response::StorageHandshake(handshake));
        let writes = Handshake {
            is_read_only: false,
            max_size: None,
            ..handshake
        };
        assert_eq!(read(&of(1, &[0])), Response::StorageHandshake(writes));
        assert_eq!(read(&of(2, &[0])), Response::Other);
        assert_eq!(read(&of(0, &[0, 0])), Response::Other);
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), Response::Other, "{end}");
        }
    }

    #[test]
    fn a_head_is_enough() {
        let found = body(7, &[&body(0, &[&bytes(&[b'/'; 2000])])]);
        let head = Reader::of_head(u32::try_from(found.len()).unwrap(), &found[..1000]);
        let path = &found[16..1000];
        assert_eq!(
            Response::read(head),
            Response::StorageGetPath(GetPath::Found(path))
        );
    }

    #[test]
    fn what_the_daemon_does_not_write_is_another() {
        for body in [
            &b""[..],
            b"\x08\0\0",
            b"\x08\0\0\0",
            b"\x08\0\0\0\x02",
            b"\x08\0\0\0\0x",
            b"\x08\0\0\0\x01\x02\0\0\0\0\0\0\0x",
            b"\x09\0\0\0\x02\0\0\0",
            b"\x0d\0\0\0",
            b"HTTP/1.1 400 Bad Request",
            b"\x06\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(read(body), Response::Other, "{body:?}");
        }
    }
}
