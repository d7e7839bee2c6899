//! Prints the reference page of what reports say, from the tables of the contract.
#![allow(clippy::print_stdout, reason = "that is what it is for")]

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::coded::Row;
use nix_sccache_contract::fault::{CacheError, Fault};

fn main() {
    println!(
        "# Reasons and faults\n\n\
         <!-- Made by tests/docs/reasons.rs: change the tables in wrapper/contract. -->\n\n\
         What reports, pages and `explain` say, and what to do about it. The codes are those in the JSON of \
         reports and in logs. They stay while their meaning does."
    );
    section(
        "Bypass reasons",
        "Why an invocation of a compiler ran without the cache.",
        BypassReason::TABLE,
    );
    section(
        "Cache errors",
        "Why the cache could not be used, and the build went on without it. A report names the first.",
        CacheError::TABLE,
    );
    section(
        "Faults",
        "What went wrong with the cache and was got over: the build lost time, and nothing else.",
        Fault::TABLE,
    );
}

fn section(title: &str, about: &str, table: &[Row]) {
    println!("\n## {title}\n\n{about}\n\n| code | the report says | what to do |\n|---|---|---|");
    // A detail that varies, and what would end a cell.
    let cell = |text: &str| {
        let text = text
            .replace("{entries}", "entries")
            .replace("{calls}", "calls");
        text.replace("{seconds}", "…")
            .replace("{}", "…")
            .replace('|', "\\|")
    };
    for row in table {
        println!(
            "| `{}` | {} | {} |",
            row.code,
            cell(row.sentence),
            cell(row.remedy)
        );
    }
}
