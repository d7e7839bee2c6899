//! Describes keys: what each holds, and in which releases.

use crate::bootstrap_config::release::{Change, Happened};

/// One key of one section, through all releases.
#[derive(Debug)]
pub struct Key {
    /// Its name, without the section's.
    pub name: &'static str,
    /// What it holds, at first.
    pub kind: Kind,
    /// What it holds later.
    pub later: Option<(Change, Kind)>,
    /// When it came; no later than the oldest known release without.
    pub came: Option<Change>,
    /// When it became an error, and what there is instead.
    pub went: Option<(Change, Instead)>,
    /// When another key, named with its section, took its place beside it.
    pub renamed: Option<(Change, &'static str)>,
    /// The key, named with its section, that held for this before it came.
    pub was: Option<&'static str>,
}

/// What there is instead of a key that went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The same by another name, with its section. `target.*` is that of each target.
    Key(&'static str),
    /// Something else, in words that say what to do.
    Words(&'static str),
}

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    One(One),
    /// A list of strings.
    Texts,
    /// Strings by names of the user's choosing.
    TextsByName,
    /// `features`, a list of strings, by names of tools.
    Tools,
    /// A `use` and a `generate`, both paths.
    Profile,
}

/// What one value may be: any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct One {
    /// `true` or `false`.
    pub boolean: bool,
    /// An integer from 0 to this.
    pub most: Option<i64>,
    /// A string.
    pub text: Text,
}

/// Which strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// None at all.
    None,
    /// Any on one line.
    Any,
    /// These.
    OneOf(&'static [Word]),
}

/// A string that stands for itself, through all releases.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    /// The string.
    pub text: &'static str,
    /// When it came.
    pub came: Option<Change>,
    /// When it became an error.
    pub went: Option<Change>,
    /// What to write in its place in a release that does not know it.
    pub other: Option<&'static str>,
}

const NOTHING: One = One {
    boolean: false,
    most: None,
    text: Text::None,
};

/// A Boolean.
pub(super) const BOOL: Kind = Kind::One(One {
    boolean: true,
    ..NOTHING
});
/// A string, a path too.
pub(super) const TEXT: Kind = Kind::One(One {
    text: Text::Any,
    ..NOTHING
});
/// A number as bootstrap's `u32` holds it.
pub(super) const COUNT: Kind = up_to(4_294_967_295);
/// A number of 64 bits; TOML's own have a sign.
pub(super) const BIG_COUNT: Kind = up_to(i64::MAX);
/// A Boolean or a string.
pub(super) const BOOL_OR_TEXT: Kind = Kind::One(One {
    boolean: true,
    text: Text::Any,
    ..NOTHING
});

/// An integer from 0.
pub(super) const fn up_to(most: i64) -> Kind {
    Kind::One(One {
        most: Some(most),
        ..NOTHING
    })
}

/// One of these strings.
pub(super) const fn one_of(words: &'static [Word]) -> Kind {
    Kind::One(One {
        text: Text::OneOf(words),
        ..NOTHING
    })
}

/// A Boolean or one of these strings.
pub(super) const fn bool_or(words: &'static [Word]) -> Kind {
    Kind::One(One {
        boolean: true,
        most: None,
        text: Text::OneOf(words),
    })
}

/// An integer from 0 or one of these strings.
pub(super) const fn up_to_or(most: i64, words: &'static [Word]) -> Kind {
    Kind::One(One {
        boolean: false,
        most: Some(most),
        text: Text::OneOf(words),
    })
}

/// A Boolean, an integer from 0, or one of these strings.
pub(super) const fn bool_or_up_to_or(most: i64, words: &'static [Word]) -> Kind {
    Kind::One(One {
        boolean: true,
        most: Some(most),
        text: Text::OneOf(words),
    })
}

/// A word of all releases.
pub(super) const fn word(text: &'static str) -> Word {
    Word {
        text,
        came: None,
        went: None,
        other: None,
    }
}

impl Word {
    /// Not yet in 1.`before`, and from 1.`by` on.
    pub(super) const fn came(mut self, before: u32, by: u32) -> Self {
        self.came = Some(Change { before, by });
        self
    }

    /// Still in 1.`before`, and from 1.`by` on no more.
    pub(super) const fn went(mut self, before: u32, by: u32) -> Self {
        self.went = Some(Change { before, by });
        self
    }

    /// By another name `other`, where it is not known.
    pub(super) const fn or(mut self, other: &'static str) -> Self {
        self.other = Some(other);
        self
    }

    /// Whether a release, 1.`minor`, has it.
    #[must_use]
    pub fn is_known(&self, minor: u32) -> Happened {
        is_there(self.came, self.went, minor)
    }
}

/// A key of all releases.
pub(super) const fn key(name: &'static str, kind: Kind) -> Key {
    Key {
        name,
        kind,
        later: None,
        came: None,
        went: None,
        renamed: None,
        was: None,
    }
}

impl Key {
    /// Not yet in 1.`before`, and from 1.`by` on.
    pub(super) const fn came(mut self, before: u32, by: u32) -> Self {
        self.came = Some(Change { before, by });
        self
    }

    /// Still in 1.`before`, and from 1.`by` on an error.
    pub(super) const fn went(mut self, before: u32, by: u32, instead: Instead) -> Self {
        self.went = Some((Change { before, by }, instead));
        self
    }

    /// Of one kind still in 1.`before`, and from 1.`by` on of another, which takes more.
    pub(super) const fn becomes(mut self, before: u32, by: u32, kind: Kind) -> Self {
        self.later = Some((Change { before, by }, kind));
        self
    }

    /// Not yet in 1.`before`, and from 1.`by` on also called `name`.
    pub(super) const fn renamed(mut self, before: u32, by: u32, name: &'static str) -> Self {
        self.renamed = Some((Change { before, by }, name));
        self
    }

    /// Before it came a part of what the key `name`, which is still there, is about.
    pub(super) const fn was(mut self, name: &'static str) -> Self {
        self.was = Some(name);
        self
    }

    /// Whether a release, 1.`minor`, has it.
    #[must_use]
    pub fn is_known(&self, minor: u32) -> Happened {
        is_there(self.came, self.went.map(|(change, _)| change), minor)
    }

    /// What it holds in a release, and what perhaps.
    #[must_use]
    pub fn kinds(&self, minor: u32) -> (Kind, Option<Kind>) {
        match self.later {
            Some((change, later)) => match change.by(minor) {
                Happened::Yes => (later, None),
                Happened::Perhaps => (self.kind, Some(later)),
                Happened::No => (self.kind, None),
            },
            None => (self.kind, None),
        }
    }
}

/// Whether something is there, in a release 1.`minor`, that came and went.
pub(super) fn is_there(came: Option<Change>, went: Option<Change>, minor: u32) -> Happened {
    let came = came.map_or(Happened::Yes, |change| change.by(minor));
    let went = went.map_or(Happened::No, |change| change.by(minor));
    match (came, went) {
        (Happened::No, _) | (_, Happened::Yes) => Happened::No,
        (Happened::Yes, Happened::No) => Happened::Yes,
        _ => Happened::Perhaps,
    }
}
