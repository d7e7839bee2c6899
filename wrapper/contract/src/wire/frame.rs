//! Writes frames, and what bodies are made of.

use std::fmt;

/// The bytes of a frame in front of its body.
pub const HEADER: usize = 4;

/// The longest frame that sccache takes and sends where `SCCACHE_MAX_FRAME_LENGTH` is not set, in
/// bytes of body.
pub const DEFAULT_MAX_FRAME: u32 = 8 << 20;

/// The longest frame that the host's gateway and daemon take as they are set up, in bytes of body: what
/// `--max-frame` is by default, and `SCCACHE_MAX_FRAME_LENGTH` in the daemon's unit. Their limits of memory
/// are made for it.
pub const HOST_MAX_FRAME: u32 = 128 << 20;

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
pub(super) fn start_of_frame(body: &[u8], behind: u64) -> Option<Vec<u8>> {
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
