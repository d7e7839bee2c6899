//! Reads a body from its beginning.

/// A body of a frame, of which perhaps only the head is at hand.
///
/// All methods return nothing where the body, or its head, is too short for what is asked.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    head: &'a [u8],
    /// How many bytes of the body stand behind its head.
    behind: u64,
}

impl<'a> Reader<'a> {
    /// Of a whole body.
    #[must_use]
    pub const fn new(body: &'a [u8]) -> Self {
        Self {
            head: body,
            behind: 0,
        }
    }

    /// Of a body of this many bytes, of which the first are at hand.
    #[must_use]
    pub fn of_head(length: u32, head: &'a [u8]) -> Self {
        let in_head = head
            .len()
            .min(usize::try_from(length).unwrap_or(usize::MAX));
        Self {
            head: head.get(..in_head).unwrap_or_default(),
            behind: u64::from(length).saturating_sub(in_head as u64),
        }
    }

    /// How many bytes are left, at hand or not.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.behind.saturating_add(self.head.len() as u64)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.left() == 0
    }

    /// The next bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.head.split_at_checked(count)?;
        self.head = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.head.split_first_chunk()?;
        self.head = rest;
        Some(*taken)
    }

    /// Whether an option has a value, or a switch is on: one byte, 0 or 1.
    pub fn bool(&mut self) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// The number of a variant, or another integer of four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// An integer of eight bytes, such as a length.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// An option of an integer of eight bytes.
    pub fn optional_u64(&mut self) -> Option<Option<u64>> {
        if self.bool()? {
            self.u64().map(Some)
        } else {
            Some(None)
        }
    }

    /// A string, or a list of bytes.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        self.take(usize::try_from(length).ok()?)
    }

    /// A string.
    pub fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.bytes()?).ok()
    }

    /// As much of a string, or of a list of bytes, as is at hand.
    pub fn bytes_at_hand(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        let at_hand =
            usize::try_from(length).map_or(self.head.len(), |length| length.min(self.head.len()));
        self.take(at_hand)
    }

    /// The length of a list of bytes that ends the body, and need not be at hand.
    pub fn last_bytes(&mut self) -> Option<u64> {
        let length = self.u64()?;
        (length == self.skip_rest()).then_some(length)
    }

    /// Skips what is left, and says how many bytes that is.
    pub fn skip_rest(&mut self) -> u64 {
        let left = self.left();
        *self = Self::new(&[]);
        left
    }
}
