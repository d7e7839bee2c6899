//! Converts digests of what is fetched: from the hexadecimal digits of Rust's servers to what Nix's
//! fetchers take.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde::{Serialize, Serializer};

/// A SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Of 64 hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

/// As W3C's subresource integrity has it, and Nix's `hash`: `sha256-…=`.
impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256-{}", BASE64.encode(&self.0))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_nix_takes_it() {
        // `nix hash to-sri --type sha256` of the same digits.
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let sri = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(Sha256::from_hex(hex).unwrap().to_string(), sri);
        assert_eq!(
            Sha256::from_hex(&hex.to_uppercase()).unwrap().to_string(),
            sri
        );
        for wrong in [
            "",
            "e3",
            &hex[1..],
            &format!("{hex}00"),
            &hex.replace('e', "g"),
        ] {
            assert_eq!(Sha256::from_hex(wrong), None, "{wrong}");
        }
    }
}
