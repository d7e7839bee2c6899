//! What somebody may have meant.

/// The known name that `name` most resembles, if one is near enough to be a slip of
/// the hand: at most a third of the letters differ, case aside.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    known
        .iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()),
                *candidate,
            )
        })
        .min()
        .filter(|(distance, candidate)| *distance * 3 <= candidate.len().max(name.len()))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_leaves_strangers() {
        let known = ["transport", "compressionLevel", "shim"];
        assert_eq!(nearest("trasnport", &known), Some("transport"));
        assert_eq!(
            nearest("compression_level", &known),
            Some("compressionLevel")
        );
        assert_eq!(nearest("SHIM", &known), Some("shim"));
        assert_eq!(nearest("banana", &known), None);
    }
}
