//! Reads and writes the requests of sccache's clients.

use super::frame::{Key, body, bytes, start_of_frame};
use super::reader::Reader;

/// A request: sccache's `protocol::Request`, from its first variant to its last.
///
/// An entry is no part of the value, since it need not be at hand: it ends the body, and `length` is
/// how many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Sets the statistics to zero.
    ZeroStats,
    /// Asks for the statistics.
    GetStats,
    /// Asks for the state of distributed compilation.
    DistStatus,
    /// Ends the daemon.
    Shutdown,
    /// Has the daemon run a command.
    Compile,
    /// Asks what the storage is like.
    StorageHandshake,
    /// Asks for the path of an entry's file.
    StorageGetPath {
        /// The entry's.
        key: Key,
    },
    /// Asks for an entry.
    StorageGetRaw {
        /// The entry's.
        key: Key,
    },
    /// Stores an entry.
    StoragePutRaw {
        /// The entry's.
        key: Key,
        /// The entry's, in bytes.
        length: u64,
    },
    /// Asks for what the preprocessor of a C compiler left.
    StorageGetPreprocessorEntry {
        /// The entry's.
        key: Key,
    },
    /// Stores what the preprocessor of a C compiler left.
    StoragePutPreprocessorEntry {
        /// The entry's.
        key: Key,
        /// The entry's, in bytes.
        length: u64,
    },
    /// Adds to the statistics, sccache's `ServerStats`. The body behind the number has this many bytes.
    RecordStats {
        /// The statistics', in bytes.
        length: u64,
    },
}

/// Why a body is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is too short for a number.
    NoNumber,
    /// No request has this number.
    UnknownNumber(u32),
    /// Its key is no [`Key`], or not at hand.
    Key,
    /// It is longer or shorter than it says.
    Length,
}

impl Request {
    /// How much of a body decides what it is: a number, a key with its length, and the length of an
    /// entry.
    pub const HEAD: usize = 4 + 8 + Key::LENGTH + 8;

    /// Reads a request, whose key is at hand. Bytes behind its end, which sccache ignores, make one of
    /// the storage's [`Unreadable`]; of others the number is read alone.
    pub fn read(mut body: Reader) -> Result<Self, Unreadable> {
        let number = body.u32().ok_or(Unreadable::NoNumber)?;
        let mut key = || body.bytes().and_then(Key::new).ok_or(Unreadable::Key);
        let request = match number {
            0 => Self::ZeroStats,
            1 => Self::GetStats,
            2 => Self::DistStatus,
            3 => Self::Shutdown,
            4 => Self::Compile,
            5 => Self::StorageHandshake,
            6 => Self::StorageGetPath { key: key()? },
            7 => Self::StorageGetRaw { key: key()? },
            8 => Self::StoragePutRaw {
                key: key()?,
                length: body.last_bytes().ok_or(Unreadable::Length)?,
            },
            9 => Self::StorageGetPreprocessorEntry { key: key()? },
            10 => Self::StoragePutPreprocessorEntry {
                key: key()?,
                length: body.last_bytes().ok_or(Unreadable::Length)?,
            },
            11 => Self::RecordStats {
                length: body.skip_rest(),
            },
            number => return Err(Unreadable::UnknownNumber(number)),
        };
        // Nobody reads what stands behind the first five.
        if number < 5 || body.is_at_end() {
            Ok(request)
        } else {
            Err(Unreadable::Length)
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::ZeroStats => 0,
            Self::GetStats => 1,
            Self::DistStatus => 2,
            Self::Shutdown => 3,
            Self::Compile => 4,
            Self::StorageHandshake => 5,
            Self::StorageGetPath { .. } => 6,
            Self::StorageGetRaw { .. } => 7,
            Self::StoragePutRaw { .. } => 8,
            Self::StorageGetPreprocessorEntry { .. } => 9,
            Self::StoragePutPreprocessorEntry { .. } => 10,
            Self::RecordStats { .. } => 11,
        }
    }

    /// The entry's key, of those that are about an entry.
    #[must_use]
    pub const fn key(self) -> Option<Key> {
        match self {
            Self::StorageGetPath { key }
            | Self::StorageGetRaw { key }
            | Self::StoragePutRaw { key, .. }
            | Self::StorageGetPreprocessorEntry { key }
            | Self::StoragePutPreprocessorEntry { key, .. } => Some(key),
            _ => None,
        }
    }

    /// The frame up to where what is not at hand begins, an entry or statistics; nothing where the
    /// frame has 4 GiB or more.
    #[must_use]
    pub fn start_of_frame(self) -> Option<Vec<u8>> {
        let key = self.key().map(|key| bytes(key.as_bytes()));
        let key = key.unwrap_or_default();
        let (length, behind) = match self {
            Self::StoragePutRaw { length, .. }
            | Self::StoragePutPreprocessorEntry { length, .. } => {
                (length.to_le_bytes().to_vec(), length)
            }
            Self::RecordStats { length } => (Vec::new(), length),
            _ => (Vec::new(), 0),
        };
        start_of_frame(&body(self.number(), &[&key, &length]), behind)
    }
}
