//! Tells who may store: everybody, nobody, or some users of the machine, by the number that the kernel has of them.

use std::ops::RangeInclusive;

use nix::unistd::{Group, User};

/// Who may store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writers {
    /// Whoever may connect.
    Everybody,
    /// These users alone; none, where there is none.
    Users(Vec<RangeInclusive<u32>>),
}

impl Writers {
    /// Nobody.
    pub const NOBODY: Self = Self::Users(Vec::new());

    /// Reads `everybody`, `nobody`, or users with commas between: names, numbers, ranges of numbers (`FIRST-LAST`), and
    /// members of a group (`@GROUP`). Whoever is not known is an error, and not left out.
    pub fn read(text: &str) -> Result<Self, String> {
        match text {
            "everybody" => return Ok(Self::Everybody),
            "nobody" => return Ok(Self::NOBODY),
            _ => {}
        }
        let mut users = Vec::new();
        for word in text.split(',') {
            match word.strip_prefix('@') {
                Some(group) => {
                    let members = Group::from_name(group).ok().flatten();
                    let members = members
                        .ok_or_else(|| format!("there is no group {group:?}"))?
                        .mem;
                    for member in members {
                        users.push(user(&member)?);
                    }
                }
                None => users.push(user(word)?),
            }
        }
        Ok(Self::Users(users))
    }

    /// Whether this user may.
    pub fn has(&self, uid: u32) -> bool {
        match self {
            Self::Everybody => true,
            Self::Users(users) => users.iter().any(|users| users.contains(&uid)),
        }
    }
}

fn user(word: &str) -> Result<RangeInclusive<u32>, String> {
    if let Ok(uid) = word.parse() {
        return Ok(uid..=uid);
    }
    if let Some((first, last)) = word.split_once('-')
        && let (Ok(first), Ok(last)) = (first.parse(), last.parse())
    {
        return Ok(first..=last);
    }
    let user = User::from_name(word).ok().flatten();
    let uid = user
        .ok_or_else(|| format!("there is no user {word:?}"))?
        .uid
        .as_raw();
    Ok(uid..=uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_named_in_several_ways() {
        for (text, in_it, not_in_it) in [
            ("everybody", &[0, 7][..], &[][..]),
            ("nobody", &[], &[0, 7]),
            ("root", &[0], &[1]),
            ("7,root", &[0, 7], &[1]),
            ("5-7", &[5, 6, 7], &[4, 8]),
        ] {
            let writers = Writers::read(text).unwrap();
            assert!(in_it.iter().all(|uid| writers.has(*uid)), "{text}");
            assert!(!not_in_it.iter().any(|uid| writers.has(*uid)), "{text}");
        }
        for wrong in ["", "no-such-user", "root,", "@no-such-group", "1 2"] {
            assert!(Writers::read(wrong).is_err(), "{wrong}");
        }
    }
}
