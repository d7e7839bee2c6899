//! Reads and writes the protocol of sccache's daemon, as far as storage goes.
//!
//! A client sends requests on a stream socket, and the daemon sends one response for each, in their
//! order. Both are frames: a length of four bytes, the highest first, and a body of that many bytes. A
//! body is bincode 1 as sccache configures it: integers of a fixed width, the lowest byte first; an
//! enum is the number of its variant in four bytes and what the variant holds; a string or a list is
//! its length in eight bytes and its items; an option is a byte and, if that is 1, the value. Source:
//! `src/protocol.rs`, `src/server.rs` and `src/client.rs` of sccache.
//!
//! [`Request`] and [`Response`] have the numbers and the shapes, [`statistics`] the two messages that
//! carry counts, [`Reader`] reads. Nothing here does I/O, panics, or allocates what a length claims.
//!
//! # Releases
//!
//! 0.17.0, 0.18.0 and 0.19.0 give all requests, and all responses to them, the same numbers and the same
//! shapes. Releases before 0.17 know requests 0 to 4 alone. 0.19 has one response more,
//! [`ARTIFACT_NOTIFICATION`], which it sends while it compiles for a client, and never for a request of
//! the storage's. A daemon of each of the three does this (tests/wire asks them):
//!
//! | what is sent | what comes |
//! |---|---|
//! | a request of another number than 0 to 11, or a body that ends too early | the end of the connection |
//! | bytes behind a request's end | the response, as without them |
//! | an entry of no bytes | it is stored, and found |
//! | a request longer than `SCCACHE_MAX_FRAME_LENGTH` | the end of the connection, while it is sent |
//! | a request whose response would be longer than that | nothing, for ever |
//! | a key of fewer than two bytes | nothing, for ever: the daemon's task has panicked |
//! | an entry for a storage that only reads | that it was not stored, and why |
//! | a request for an entry's path | one where the storage is a directory, and no path where it has levels |

mod reader;
mod request;
mod response;
pub mod statistics;

use std::fmt;

pub use reader::Reader;
pub use request::{Request, Unreadable};
pub use response::{
    ARTIFACT_NOTIFICATION, CompileResponse, GetPath, Handshake, Response, ServerInfo,
};

/// The bytes of a frame in front of its body.
pub const HEADER: usize = 4;

/// The longest frame that sccache takes and sends where `SCCACHE_MAX_FRAME_LENGTH` is not set, in
/// bytes of body.
pub const DEFAULT_MAX_FRAME: u32 = 8 << 20;

/// How long the body is that stands behind a header, in bytes.
#[must_use]
pub const fn body_length(header: [u8; HEADER]) -> u32 {
    u32::from_be_bytes(header)
}

/// The header of a body of this many bytes.
#[must_use]
pub const fn header(length: u32) -> [u8; HEADER] {
    length.to_be_bytes()
}

/// The frame of a body; nothing where the body has 4 GiB or more.
#[must_use]
pub fn frame(body: &[u8]) -> Option<Vec<u8>> {
    start_of_frame(body, 0)
}

/// The frame of a body up to where `behind` bytes of it follow.
fn start_of_frame(body: &[u8], behind: u64) -> Option<Vec<u8>> {
    let length = u32::try_from((body.len() as u64).checked_add(behind)?).ok()?;
    Some([&header(length), body].concat())
}

/// The key of an entry: 64 hexadecimal digits in lower case, as BLAKE3 digests are written.
///
/// The daemon makes a path, or the name of an object, of whatever key it is given: `/` and `..` in a
/// key are files of its user's outside of the cache.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; Self::LENGTH]);

impl Key {
    /// How many bytes a key has.
    pub const LENGTH: usize = 64;

    /// The key that is nothing but zeros.
    pub const ZERO: Self = Self([b'0'; Self::LENGTH]);

    /// The key with these digits; nothing where they are none.
    #[must_use]
    pub fn new(digits: &[u8]) -> Option<Self> {
        let digits: [u8; Self::LENGTH] = digits.try_into().ok()?;
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        digits.iter().all(is_digit).then_some(Self(digits))
    }

    /// The digits.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A body: the number of a request, a response or another enum's variant, and what it holds.
#[must_use]
pub fn body(number: u32, parts: &[&[u8]]) -> Vec<u8> {
    [&number.to_le_bytes()[..], &parts.concat()].concat()
}

/// A string, or a list of bytes, as a body has it.
#[must_use]
pub fn bytes(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u64).to_le_bytes(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_says_its_length() {
        assert_eq!(frame(b"abc").unwrap(), b"\0\0\0\x03abc");
        assert_eq!(body_length([0, 0, 1, 2]), 258);
        assert_eq!(body_length(header(u32::MAX)), u32::MAX);
    }

    /// A key is a part of a path in the daemon's cache.
    #[test]
    fn a_key_is_a_digest() {
        let digits = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        assert_eq!(
            Key::new(digits).unwrap().to_string().as_bytes(),
            &digits[..]
        );
        let escaping = format!("{:/<64}", "aa/../../../../etc/passwd");
        for key in [
            &b""[..],
            b"a",
            b"/etc/passwd",
            escaping.as_bytes(),
            "a".repeat(65).as_bytes(),
            "A".repeat(64).as_bytes(),
            &[0xff; 64],
        ] {
            assert_eq!(Key::new(key), None, "{key:?}");
        }
    }
}
