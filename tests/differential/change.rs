//! Changes one thing of a project, in one of the ways in which files change.

use std::path::PathBuf;

use crate::choices::{Choices, Chosen};
use crate::project::Project;

/// How what is new gets into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Written over what was there.
    InPlace,
    /// Written beside, and renamed.
    Renamed,
    /// Written over, with the time that it had.
    OldTime,
    /// Renamed, with the time that it had.
    RenamedWithOldTime,
    /// As an archive is unpacked: the file is older than what was built of it.
    Past,
}

/// A state of a project.
#[derive(Debug)]
pub struct State {
    /// The change by which it came to that.
    pub change: Change,
    /// The project afterwards.
    pub project: Project,
}

/// A change, and what comes with it.
#[derive(Debug)]
pub struct Change {
    /// The choices that differ, or what else was done.
    pub what: String,
    /// How its files are written.
    pub manner: Manner,
    /// Files that get another time, and nothing else.
    pub touched: Vec<PathBuf>,
    /// Whether all that was built goes first, and the sources are unpacked anew.
    pub afresh: bool,
    /// Whether another session begins.
    pub new_session: bool,
}

impl Change {
    /// The first state of a project.
    pub fn first() -> Self {
        Self {
            what: "the first state".to_owned(),
            manner: Manner::InPlace,
            touched: Vec::new(),
            afresh: true,
            new_session: true,
        }
    }

    /// Makes one at random, to the choices of a project that was in these states before, and of which a call fails
    /// now or none does.
    pub fn make(choices: &mut Choices, earlier: &[Chosen], now: &Project, fails: bool) -> Self {
        let mut touched = Vec::new();
        let what = match choices.random().u8(..10) {
            // What fails once and again tells little.
            0..4 if fails => choices.repair(),
            0..3 => {
                let back = choices.random().usize(..earlier.len());
                choices.restore(earlier[back].clone());
                format!("back to state {back}")
            }
            3 => {
                let paths: Vec<_> = now.nodes.keys().cloned().collect();
                let all = choices.random().u8(..4) == 0;
                touched = match choices.random().choice(paths.clone()) {
                    Some(one) if !all => vec![one],
                    _ => paths,
                };
                format!("touched {touched:?}")
            }
            4 => choices.swap().unwrap_or_else(|| choices.change()),
            5 => "nothing".to_owned(),
            _ => choices.change(),
        };
        let random = choices.random();
        Self {
            what,
            manner: match random.u8(..8) {
                0..3 => Manner::InPlace,
                3..5 => Manner::Renamed,
                5 => Manner::OldTime,
                6 => Manner::RenamedWithOldTime,
                _ => Manner::Past,
            },
            touched,
            afresh: random.u8(..5) < 2,
            new_session: random.u8(..3) == 0,
        }
    }
}
