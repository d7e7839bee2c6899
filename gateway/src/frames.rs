//! Frames, as sccache's daemon and its clients send them: a length of four bytes, the highest
//! first, and that many bytes. Nothing here reads or writes; a body is looked at from its
//! beginning.

/// The bytes in front of a body.
pub const HEADER: usize = 4;

/// How long the body is that stands behind a header.
#[must_use]
pub fn length(header: [u8; HEADER]) -> u32 {
    u32::from_be_bytes(header)
}

/// The header of a body of this length.
#[must_use]
pub fn header(length: u32) -> [u8; HEADER] {
    length.to_be_bytes()
}

/// A frame of a short body, one that is made here.
#[must_use]
pub fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&header(length), body].concat()
}

/// A body from its beginning on, in bincode 1 as sccache uses it: numbers of a fixed width, the
/// lowest byte first, and eight bytes of length before what has one.
#[derive(Clone, Copy)]
pub struct Body<'a>(pub &'a [u8]);

impl<'a> Body<'a> {
    /// The next bytes, unless there are fewer.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The number of a variant, or any other of four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    /// A number of eight bytes, such as a length.
    pub fn u64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    /// A string, or a list of bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        self.take(usize::try_from(length).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_short_has_nothing_in_it() {
        assert_eq!(Body(&[1, 2, 3]).u32(), None);
        assert_eq!(Body(&[0; 7]).u64(), None);
        assert_eq!(Body(&[2, 0, 0, 0, 0, 0, 0, 0, 7]).bytes(), None);
        assert_eq!(Body(&[0xff; 9]).bytes(), None);
    }

    #[test]
    fn numbers_and_strings_come_one_after_the_other() {
        let mut body = Body(&[1, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', 9]);
        assert_eq!(body.u32(), Some(0x201));
        assert_eq!(body.bytes(), Some(&b"ab"[..]));
        assert_eq!(body.0, [9]);
    }

    #[test]
    fn a_frame_says_its_length() {
        let frame = frame(b"abc");
        assert_eq!(frame, b"\0\0\0\x03abc");
        assert_eq!(length([0, 0, 1, 2]), 258);
    }
}
