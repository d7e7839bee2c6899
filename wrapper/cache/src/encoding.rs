//! Writes and reads what manifests and entries are made of: numbers, and strings of bytes.
//!
//! A number is LEB128: seven bits a byte, the lowest first, all but the last with the eighth bit set, in as few bytes
//! as it takes. A string is its length and its bytes. So each value has one encoding, and equal values are equal bytes.

/// Writes a number.
pub(crate) fn put_number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

/// Writes a string of bytes.
pub(crate) fn put_string(to: &mut Vec<u8>, string: &[u8]) {
    put_number(to, string.len() as u64);
    to.extend_from_slice(string);
}

/// Reads from the beginning of what somebody else may have written. All methods return nothing where the bytes end
/// too early, or are no encoding of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoder<'a>(pub(crate) &'a [u8]);

impl<'a> Decoder<'a> {
    /// Whether nothing is left.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A number.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << shift;
            let is_longer_than_it_need_be = byte == 0 && shift > 0;
            if shifted >> shift != bits || is_longer_than_it_need_be {
                return None;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A string of bytes.
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_encoding() {
        let numbers = (0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, u64::MAX >> bit]);
        for number in numbers {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            let mut decoder = Decoder(&bytes);
            assert_eq!(decoder.number(), Some(number));
            assert!(decoder.is_at_end());
            for end in 0..bytes.len() {
                assert_eq!(Decoder(&bytes[..end]).number(), None);
            }
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.push(0);
            assert_eq!(Decoder(&bytes).number(), None, "{number}");
        }
        // One bit more than a number has.
        let mut bytes = [0xff; 10];
        bytes[9] = 1;
        assert_eq!(Decoder(&bytes).number(), Some(u64::MAX));
        bytes[9] = 2;
        assert_eq!(Decoder(&bytes).number(), None);
        assert_eq!(Decoder(&[0x80; 11]).number(), None);
    }

    #[test]
    fn a_string_ends_with_its_bytes() {
        let mut bytes = Vec::new();
        put_string(&mut bytes, b"abc");
        put_string(&mut bytes, b"");
        let mut decoder = Decoder(&bytes);
        assert_eq!(decoder.string(), Some(&b"abc"[..]));
        assert_eq!(decoder.string(), Some(&b""[..]));
        assert_eq!(decoder.string(), None);
        assert_eq!(Decoder(&[0xff, 0xff, 0xff, 0xff, 0xf, 1]).string(), None);
    }
}
