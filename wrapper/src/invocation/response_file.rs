//! Reads response files: `@file` among the arguments stands for those in the file.

use std::ffi::{OsStr, OsString};
use std::fs;

/// The arguments with those of rustc's files in their places, one a line (`arg_expand` in its
/// `rustc_driver_impl`, 1.95); nothing where a file cannot be read, or an argument is not Unicode, as
/// rustc wants it.
pub fn expand_lines(arguments: &[OsString]) -> Option<Vec<String>> {
    expand(arguments, |text| {
        Some(text.lines().map(str::to_owned).collect())
    })
}

/// The arguments with those of a C compiler's files in their places (`buildargv` in gcc's libiberty,
/// `TokenizeGNUCommandLine` in LLVM): words between blanks, in which quotes hold blanks and a backslash
/// takes the next character as it is. Nothing where a file cannot be read, or is read otherwise by some
/// release: a backslash in quotes, a file that names another.
pub fn expand_words(arguments: &[OsString]) -> Option<Vec<String>> {
    expand(arguments, |text| {
        words(text).filter(|words| words.iter().all(|word| !word.starts_with('@')))
    })
}

fn expand(
    arguments: &[OsString],
    split: impl Fn(&str) -> Option<Vec<String>>,
) -> Option<Vec<String>> {
    let mut expanded = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let argument = argument.to_str()?;
        match argument.strip_prefix('@') {
            None => expanded.push(argument.to_owned()),
            Some(file) => expanded.extend(split(&fs::read_to_string(file).ok()?)?),
        }
    }
    Some(expanded)
}

fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = None;
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match (character, quote) {
            ('\\', Some(_)) => return None,
            ('\\', None) => word.get_or_insert_with(String::new).push(rest.next()?),
            (end, Some(begin)) if end == begin => quote = None,
            ('\'' | '"', None) => {
                word.get_or_insert_with(String::new);
                quote = Some(character);
            }
            (blank, None) if blank.is_ascii_whitespace() => words.extend(word.take()),
            (other, _) => word.get_or_insert_with(String::new).push(other),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// The argument that stands for the file.
pub fn argument(file: &OsStr) -> OsString {
    let mut argument = OsString::from("@");
    argument.push(file);
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_for_their_arguments() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("args");
        let given = ["-a".into(), argument(file.as_os_str()), "-z".into()];
        fs::write(&file, "--crate-name\na b\n'c'\n").unwrap();
        let expected = ["-a", "--crate-name", "a b", "'c'", "-z"];
        assert_eq!(expand_lines(&given).unwrap(), expected);
        for (text, expected) in [
            ("b  c\n\td", Some(&["-a", "b", "c", "d", "-z"][..])),
            ("'b c' \"\" d\\ 'e'", Some(&["-a", "b c", "", "d e", "-z"])),
            ("", Some(&["-a", "-z"])),
            ("'b", None),
            ("b\\", None),
            ("'a\\b'", None),
            ("@other", None),
        ] {
            fs::write(&file, text).unwrap();
            let expected = expected.map(|words| words.iter().map(ToString::to_string).collect());
            assert_eq!(expand_words(&given), expected, "{text}");
        }
        assert_eq!(expand_lines(&["@/nonexistent".into()]), None);
        assert_eq!(expand_words(&["@/nonexistent".into()]), None);
    }
}
