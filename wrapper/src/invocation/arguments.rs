//! Splits a command line into options and their values.

use std::ffi::OsString;

/// An option with its value, a flag, or a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The option as it is written; empty for a source.
    pub option: String,
    /// Its value, or the source.
    pub value: Option<String>,
    /// What stands between both where they are one word.
    separator: Option<&'static str>,
}

/// How a word begins an argument.
pub enum Form {
    /// It is a source.
    Source,
    /// It is an option without a value.
    Flag,
    /// It is an option, whose value is the next word.
    Separate,
    /// It is an option of this length, the separator, and the value.
    Joined(usize, &'static str),
}

/// Whether a word is one of a list of words with blanks between them.
pub fn is_among(word: &str, words: &str) -> bool {
    words.split(' ').any(|other| word == other)
}

impl Argument {
    /// An option and its value in one word.
    pub fn joined(option: &str, separator: &'static str, value: impl Into<String>) -> Self {
        Self {
            option: option.to_owned(),
            value: Some(value.into()),
            separator: Some(separator),
        }
    }

    /// The words that it is written in.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let (option, value) = (self.option.clone(), self.value.clone());
        let words = match (value, self.separator) {
            (Some(value), Some(separator)) => [Some(option + separator + &value), None],
            (value, _) => [Some(option), value],
        };
        words.into_iter().flatten()
    }
}

/// The arguments of a command line in order, those of its response files in their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments(Vec<Argument>);

impl Arguments {
    /// Splits words, of each of which `form` says what it begins.
    pub fn split(words: Vec<String>, form: fn(&str) -> Form) -> Self {
        let mut arguments = Vec::with_capacity(words.len());
        let mut rest = words.into_iter();
        while let Some(word) = rest.next() {
            arguments.push(match form(&word) {
                Form::Source => Argument::joined("", "", word),
                Form::Joined(length, separator) => {
                    let (option, value) = word.split_at(length);
                    Argument::joined(
                        option,
                        separator,
                        value.get(separator.len()..).unwrap_or_default(),
                    )
                }
                Form::Separate | Form::Flag => Argument {
                    value: matches!(form(&word), Form::Separate)
                        .then(|| rest.next())
                        .flatten(),
                    option: word,
                    separator: None,
                },
            });
        }
        Self(arguments)
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Argument> {
        self.0.iter()
    }

    /// Whether the option or flag is given.
    pub fn has(&self, option: &str) -> bool {
        self.iter().any(|argument| argument.option == option)
    }

    /// The values of an option; of an empty one, the sources.
    pub fn values(&self, option: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |argument| argument.option == option)
            .filter_map(|argument| argument.value.as_deref())
    }

    /// The last value of an option.
    pub fn value(&self, option: &str) -> Option<&str> {
        self.values(option).last()
    }

    /// As a program is called with them.
    pub fn words(&self) -> Vec<OsString> {
        self.iter()
            .flat_map(Argument::words)
            .map(OsString::from)
            .collect()
    }

    /// The same with other values, where `other` has one for an option's value.
    pub fn with_values(&self, other: impl Fn(&str, &str) -> Option<String>) -> Self {
        let mut arguments = self.clone();
        for Argument { option, value, .. } in &mut arguments.0 {
            if let Some(value) = value
                && let Some(other) = other(option, value)
            {
                *value = other;
            }
        }
        arguments
    }
}
