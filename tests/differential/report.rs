//! Tells what came of the changes, and keeps what differs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_contract::log::{Log, Outcome};

use crate::build::Said;
use crate::change::State;
use crate::compare::{Built, Differences};
use crate::project::{Node, quoted};
use crate::tree::copy;

/// What differs between the two builds of a state.
#[derive(Debug)]
pub struct Difference {
    /// The number of the change, 0 for the first state.
    pub number: usize,
    /// What differs.
    pub found: Differences,
    /// Where both trees are kept.
    pub kept: PathBuf,
}

/// What came of some changes.
#[derive(Debug, Default)]
pub struct Sum {
    /// How many there were.
    pub changes: usize,
    /// How many calls there were, and how many of them failed.
    pub called: [usize; 2],
    /// Those of them that reached the shim, by what came of it.
    pub calls: BTreeMap<String, usize>,
    /// What differs.
    pub differences: Vec<Difference>,
}

impl Sum {
    /// Counts the calls of a session.
    pub fn count(&mut self, log: &Log) {
        for call in &log.calls {
            let came = match &call.outcome {
                Outcome::Hit => "hit".to_owned(),
                Outcome::Miss => "miss".to_owned(),
                Outcome::Probe => "probe".to_owned(),
                Outcome::Error => "error".to_owned(),
                Outcome::Passthrough(reason) => reason.code().to_owned(),
            };
            *self.calls.entry(came).or_default() += 1;
        }
        let faults = log.faults.len() + usize::from(log.error.is_some());
        if faults > 0 {
            *self.calls.entry("fault".to_owned()).or_default() += faults;
        }
    }

    /// Counts the calls of a build; whether any failed.
    pub fn count_calls(&mut self, built: &Built) -> bool {
        self.called[0] += built.said.len();
        let fails = |said: &&Said| !said.status.success();
        let failed = built.said.iter().filter(fails).count();
        self.called[1] += failed;
        failed > 0
    }

    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.changes += other.changes;
        self.called[0] += other.called[0];
        self.called[1] += other.called[1];
        for (came, calls) in other.calls {
            *self.calls.entry(came).or_default() += calls;
        }
        self.differences.extend(other.differences);
    }

    /// How many calls were hits.
    pub fn hits(&self) -> usize {
        self.calls.get("hit").copied().unwrap_or_default()
    }

    /// Its calls in a line, the most frequent outcome first.
    pub fn line(&self) -> String {
        let mut calls: Vec<_> = self.calls.iter().collect();
        calls.sort_by_key(|(_, calls)| usize::MAX - **calls);
        let calls = calls.iter().map(|(came, calls)| format!("{calls} {came}"));
        format!(
            "{} calls, {} of them fail: {}",
            self.called[0],
            self.called[1],
            calls.collect::<Vec<_>>().join(", ")
        )
    }
}

/// Keeps what differs: both trees as they are, what both builds said, and each state that led there with its calls as a
/// script.
pub fn keep(directory: &Path, states: &[State], built: &[Built; 2]) {
    fs::remove_dir_all(directory).ok();
    fs::create_dir_all(directory).unwrap();
    for Built { tree, said } in built {
        copy(tree, directory);
        let mut text = Vec::new();
        for said in said {
            text.extend(format!("{}\n", said.status).as_bytes());
            text.extend([&said.stdout[..], b"---\n", &said.stderr, b"\n"].concat());
        }
        let name = tree.file_name().unwrap_or_default();
        fs::write(directory.join(name).with_extension("said"), text).unwrap();
    }
    for (number, state) in states.iter().enumerate() {
        keep_state(state, number, &directory.join(format!("states/{number}")));
    }
}

fn keep_state(state: &State, number: usize, directory: &Path) {
    let State { change, project } = state;
    for (path, node) in &project.nodes {
        let path = directory.join(&project.directory).join(path);
        fs::create_dir_all(path.parent().unwrap_or(directory)).unwrap();
        match node {
            Node::File(bytes) | Node::Program(bytes) => fs::write(path, bytes).unwrap(),
            Node::Link(target) => std::os::unix::fs::symlink(target, path).unwrap(),
        }
    }
    let mut script = format!(
        "# {number}: {} ({:?}{}{})\ncd {}\n",
        change.what,
        change.manner,
        if change.afresh { ", afresh" } else { "" },
        if change.new_session {
            ", in a new session"
        } else {
            ""
        },
        quoted(&project.directory.to_string_lossy())
    );
    for (name, value) in &project.variables {
        writeln!(script, "export {name}={}", quoted(&value.to_string_lossy())).ok();
    }
    for call in &project.calls {
        writeln!(script, "{call}").ok();
    }
    fs::write(directory.join("calls"), script).unwrap();
}
