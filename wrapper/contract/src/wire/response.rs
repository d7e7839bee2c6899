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
