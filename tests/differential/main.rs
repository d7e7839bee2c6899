//! Builds random projects through random changes, with the compilers alone and through the cache, and compares all that
//! comes of it:
//!
//! ```text
//! differential N [SEED] [--only PROJECT] [--part NAME] [--keep DIRECTORY]
//! ```
//!
//! A project is made of [`choices`] by one of the [`parts`]; a [`change`] takes another choice, or goes back to what was
//! chosen before, and a [`tree`] is brought to it. Each state is [built](build) twice in the same place, with two trees
//! that take turns there, and [compared](compare).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(clippy::format_push_string, reason = "sources are made line by line")]

mod build;
mod change;
mod choices;
mod compare;
mod devices;
mod lane;
mod parts;
mod project;
mod report;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::{env, thread};

use fastrand::Rng;

use crate::lane::Lane;
use crate::parts::Part;
use crate::report::Sum;

const USAGE: &str =
    "usage: differential N [SEED] [--only PROJECT] [--part NAME] [--keep DIRECTORY]";

/// Lanes side by side. A project's is the remainder of its number, so that a seed says what a cache was asked before.
const LANES: usize = 2;

/// What is to be done.
#[derive(Debug)]
struct Plan {
    changes: usize,
    seed: u64,
    only: Option<usize>,
    part: Option<Part>,
    keep: PathBuf,
}

impl Plan {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut plan = Self {
            changes: arguments.next()?.parse().ok()?,
            seed: Rng::new().u64(..1 << 32),
            only: None,
            part: None,
            keep: env::temp_dir(),
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--only" => plan.only = Some(arguments.next()?.parse().ok()?),
                "--part" => plan.part = Some(Part::named(&arguments.next()?)?),
                "--keep" => plan.keep = arguments.next()?.into(),
                seed => plan.seed = seed.parse().ok()?,
            }
        }
        Some(plan)
    }

    /// How many changes a project goes through: as many parts as can be have one.
    fn a_project(&self) -> usize {
        self.changes.div_ceil(Part::ALL.len()).clamp(1, 16)
    }

    fn lane(&self, lane: usize, sums: &Mutex<BTreeMap<&'static str, Sum>>) {
        let mut kept = Lane::start();
        let projects = self.changes.div_ceil(self.a_project());
        let ours = (lane..projects).step_by(LANES);
        for number in ours.filter(|number| self.only.is_none_or(|only| only == *number)) {
            let changes = self
                .a_project()
                .min(self.changes - number * self.a_project());
            let random =
                Rng::with_seed(self.seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let part = self.part.unwrap_or_else(|| {
                // Each has its turn, in an order that the seed gives.
                let first = usize::try_from(self.seed % Part::ALL.len() as u64).unwrap();
                Part::ALL[(first + number) % Part::ALL.len()]
            });
            let directory = self
                .keep
                .join(format!("differential-{}-{number}", self.seed));
            let sum = kept.project(part, random, changes, &directory);
            let mut line = format!(
                "project {number}, {}: {} changes: {}",
                part.name(),
                sum.changes,
                sum.line()
            );
            for difference in &sum.differences {
                line += &format!(
                    "\n  DIFFERENCE at change {} of seed {}: kept in {}",
                    difference.number,
                    self.seed,
                    difference.kept.display()
                );
                for (about, how) in &difference.found {
                    line += &format!("\n  {about}\n    {how}");
                }
            }
            println!("{line}");
            let mut sums = sums.lock().unwrap();
            sums.entry(part.name()).or_default().add(sum);
        }
    }
}

fn main() -> ExitCode {
    if let Some(error) = devices::own() {
        eprintln!("differential: no /dev of its own: {error}");
        return ExitCode::FAILURE;
    }
    let Some(plan) = Plan::read(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    println!("differential: seed {}", plan.seed);
    let sums = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for lane in 0..LANES {
            let (plan, sums) = (&plan, &sums);
            scope.spawn(move || plan.lane(lane, sums));
        }
    });
    let mut all = Sum::default();
    for (part, sum) in sums.into_inner().unwrap() {
        println!("{part}: {} changes: {}", sum.changes, sum.line());
        all.add(sum);
    }
    println!(
        "differential: {} changes, {} hits, {} differences",
        all.changes,
        all.hits(),
        all.differences.len()
    );
    ExitCode::from(u8::from(!all.differences.is_empty()))
}
