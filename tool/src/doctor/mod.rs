//! `nix-sccache doctor`: what stands between a build here and its cache.
//!
//! It looks and changes nothing. Each section has a file, with three functions: `gather` finds
//! out, `judge` says what is wrong with that, without a further look at anything, and `show`
//! writes it for people. Whatever may not answer, a program, a socket or a file system, is
//! given a few seconds.
//!
//! [`setup`] is apart: with `--setup` nothing is examined.

mod build;
mod cache;
mod configuration;
mod environment;
pub mod mask;
mod page;
mod probe;
mod problem;
mod setup;
mod source_tree;
mod tools;
pub mod variables;

use std::process::ExitCode;

use serde::Serialize;

use self::build::Build;
use self::cache::Cache;
use self::configuration::Configuration;
use self::environment::Environment;
use self::mask::Secrets;
use self::page::Page;
use self::problem::{Problem, Weight};
pub use self::setup::Options as Setup;
use self::tools::Tools;
use self::variables::Variables;
use crate::session::Session;
use crate::tell::{print, tell};

/// The form of the JSON. Members may be added to it; a change of those that are there is another
/// number.
const SCHEMA: u32 = 1;

/// Everything that was found out.
#[derive(Debug, Serialize)]
struct Findings {
    /// [`SCHEMA`].
    schema: u32,
    /// Of nix-sccache.
    version: &'static str,
    /// Whether a build here would be served by the cache.
    served: bool,
    /// What is wrong, what keeps builds from the cache first.
    problems: Vec<Problem>,
    environment: Environment,
    tools: Tools,
    configuration: Configuration,
    cache: Cache,
    build: Build,
}

/// Examines, and prints what it found. Succeeds if a build here would be served.
pub fn main(json: bool, setup: Setup) -> ExitCode {
    if setup.is_wanted() {
        return setup::main(setup);
    }
    let variables = Variables::of_process();
    let findings = examine(&variables);
    let secrets = Secrets::of(&variables);
    let printed = if json {
        serde_json::to_value(&findings)
            .and_then(|mut value| {
                secrets.clean_json(&mut value);
                serde_json::to_string_pretty(&value)
            })
            .map_err(std::io::Error::from)
            .and_then(print)
    } else {
        print(findings.page(&secrets).text())
    };
    if let Err(error) = printed {
        tell(format_args!("nix-sccache: cannot print it: {error}"));
    }
    if findings.served {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn examine(variables: &Variables) -> Findings {
    let session = Session::current();
    let session = session.as_ref();
    let environment = environment::gather(variables, session);
    let tools = tools::gather();
    let configuration = configuration::gather(variables, &environment);
    let cache = cache::gather(variables, &environment, &tools, &configuration, session);
    let build = build::gather(variables, &tools, &configuration);

    let mut problems = environment::judge(&environment, variables);
    problems.extend(tools::judge(&tools, variables));
    problems.extend(configuration::judge(&configuration));
    problems.extend(cache::judge(&cache, variables, &environment));
    problems.extend(build::judge(&build, &configuration, variables));
    problems.sort_by_key(|problem| problem.weight);

    Findings {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        served: problems.iter().all(|problem| problem.weight != Weight::Fix),
        problems,
        environment,
        tools,
        configuration,
        cache,
        build,
    }
}

impl Findings {
    fn page<'a>(&self, secrets: &'a Secrets) -> Page<'a> {
        let mut page = Page::new(secrets);
        environment::show(&self.environment, &mut page);
        tools::show(&self.tools, &mut page);
        configuration::show(&self.configuration, &mut page);
        cache::show(&self.cache, &mut page);
        build::show(&self.build, &mut page);
        for (weight, name) in [(Weight::Fix, "to fix"), (Weight::Note, "to know")] {
            let mut problems = self
                .problems
                .iter()
                .filter(|problem| problem.weight == weight)
                .peekable();
            if problems.peek().is_some() {
                page.section(name);
            }
            for Problem { found, remedy, .. } in problems {
                page.paragraph("  - ", &format!("{found} => {remedy}"));
            }
        }
        page.section(if self.served {
            "A build here would be served by the cache."
        } else {
            "A build here would not be served by the cache, or not as it should be."
        });
        page
    }
}
