//! Suggests what somebody may have meant.

/// The known name that `name` most resembles, if one is near enough to be a slip of
/// the hand: at most a third of the letters differ, case aside.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let letters = wanted.chars().count();
    known
        .iter()
        .filter_map(|candidate| {
            let lowercase = candidate.to_lowercase();
            let others = lowercase.chars().count();
            let is_near = |distance: usize| distance * 3 <= letters.max(others);
            // A difference in length is one in letters. What follows takes time and memory for
            // each letter of the one by each of the other, and a name can be a whole file.
            if !is_near(letters.abs_diff(others)) {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&wanted, &lowercase);
            is_near(distance).then_some((distance, *candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_leaves_strangers() {
        let known = ["transport", "maxFrameLength", "shim"];
        assert_eq!(nearest("trasnport", &known), Some("transport"));
        assert_eq!(nearest("max_frame_length", &known), Some("maxFrameLength"));
        assert_eq!(nearest("SHIM", &known), Some("shim"));
        assert_eq!(nearest("banana", &known), None);
    }

    #[test]
    fn letters_are_counted_and_not_bytes() {
        assert_eq!(nearest("🦀🦀🦀🦀", &["shim"]), None);
    }

    /// The distance alone would take more memory than most machines have.
    #[test]
    fn a_whole_file_resembles_nothing() {
        let file = "x".repeat(200 << 20);
        assert_eq!(nearest(&file, &["transport", "shim"]), None);
    }
}
