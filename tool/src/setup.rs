//! Sets a machine with systemd up that is no NixOS: `nix-sccache setup`. What it sets up is the package of units; its own
//! script installs it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;
use rustix::process::geteuid;

use crate::print::{ended, print};

/// Where the script of the units keeps them from the garbage collector.
const PROFILE: &str = "/nix/var/nix/profiles/nix-sccache";

/// Links that it makes, and where in the package each leads.
const LINKS: [(&str, &str); 4] = [
    (
        "/etc/systemd/system/nix-sccache.socket",
        "lib/systemd/system/nix-sccache.socket",
    ),
    (
        "/etc/systemd/system/nix-sccache.service",
        "lib/systemd/system/nix-sccache.service",
    ),
    (
        "/etc/systemd/system/nix-sccache-daemon.service",
        "lib/systemd/system/nix-sccache-daemon.service",
    ),
    (
        "/etc/tmpfiles.d/nix-sccache.conf",
        "lib/tmpfiles.d/nix-sccache.conf",
    ),
];

/// The lines of `nix.conf` in the package, and the script.
const CONF: &str = "etc/nix/nix-sccache.conf";
const SCRIPT: &str = "share/doc/nix-sccache/install.sh";

/// What to set up.
#[derive(Args)]
pub struct Options {
    /// The package of units, which `nix build FLAKE#units` leaves here: with its settings, and with or without the plugin
    #[arg(long, value_name = "DIR", default_value = "result")]
    units: PathBuf,
    /// Does it, as root; else it is shown
    #[arg(long)]
    write: bool,
}

/// Shows it, or does it, or says why it cannot.
pub fn main(options: &Options) -> ExitCode {
    ended(set_up(options))
}

fn set_up(options: &Options) -> Result<(), String> {
    let shown = options.units.display();
    let said = |error: std::io::Error| error.to_string();
    let units = fs::canonicalize(&options.units)
        .ok()
        .filter(|units| units.join(SCRIPT).is_file())
        .ok_or_else(|| {
            format!(
                "{shown} is not the package of units: build it by `nix build FLAKE#units`, with its settings \
                 (packages.units.override {{ settings = …; }}), and say --units DIR"
            )
        })?;
    if Path::new("/etc/NIXOS").exists() {
        return Err(
            "this is NixOS: import nixosModules.default and say services.nix-sccache.enable = true"
                .to_owned(),
        );
    }
    let conf = fs::read_to_string(units.join(CONF)).map_err(said)?;
    let nix_conf = nix_conf();
    let own = fs::read_to_string(&nix_conf).unwrap_or_default();
    let include = format!("!include {PROFILE}/{CONF}");
    let is_there = |done: bool| if done { "there" } else { "to be made" };

    let mut lines = vec![format!("{PROFILE} -> {}", units.display())];
    let mut in_the_way = Vec::new();
    for (path, target) in LINKS {
        let target = format!("{PROFILE}/{target}");
        let state = match fs::read_link(path) {
            Ok(leads_to) if leads_to == Path::new(&target) || leads_to.starts_with(&units) => {
                "there"
            }
            Err(error) if error.kind() == ErrorKind::NotFound => "to be made",
            _ => {
                in_the_way.push(path);
                "ANOTHER FILE IS THERE"
            }
        };
        lines.push(format!("{path} -> {target} ({state})"));
    }
    let has_include = own.lines().any(|line| line == include);
    lines.push(format!(
        "{}: {include} ({})",
        nix_conf.display(),
        is_there(has_include)
    ));
    lines.extend(conf.lines().map(|line| format!("    {line}")));
    lines.push("users sccache and nix-sccache, and the directories of lib/tmpfiles.d".to_owned());
    lines.push(
        "restarts nix-sccache.socket, nix-sccache-daemon.service and nix-daemon.service".to_owned(),
    );
    print(lines.join("\n")).map_err(said)?;
    if !in_the_way.is_empty() {
        return Err(format!(
            "nothing is written over what somebody else made: move {} away first; changes of your own belong into drop-ins \
             (systemctl edit)",
            in_the_way.join(", ")
        ));
    }
    if !options.write {
        // Root has another PATH, and stands elsewhere.
        let own = std::env::current_exe().map_err(said)?;
        return print(format_args!(
            "\nNothing was written. This does it:\n  sudo {} setup --units {} --write",
            own.display(),
            units.display()
        ))
        .map_err(said);
    }
    if !geteuid().is_root() {
        return Err("root alone can write there: sudo".to_owned());
    }
    let done = Command::new("sh")
        .arg(units.join(SCRIPT))
        .status()
        .map_err(said)?;
    if !done.success() {
        return Err(
            "it was not set up to the end: what is wrong is said above, and it can be done again"
                .to_owned(),
        );
    }
    print(undo(&nix_conf, &include)).map_err(said)
}

/// The file whose lines are root's own: Determinate Nix writes nix.conf itself.
fn nix_conf() -> PathBuf {
    let custom = Path::new("/etc/nix/nix.custom.conf");
    let conf = if custom.exists() {
        custom
    } else {
        Path::new("/etc/nix/nix.conf")
    };
    conf.to_owned()
}

/// How to take it all away.
fn undo(nix_conf: &Path, include: &str) -> String {
    format!(
        "\nIt is set up: `nix-sccache doctor` looks at it. To undo it:\n\
         \x20 systemctl disable --now nix-sccache.socket nix-sccache.service nix-sccache-daemon.service\n\
         \x20 rm /etc/tmpfiles.d/nix-sccache.conf\n\
         \x20 sed -i '\\|^{include}$|d' {}\n\
         \x20 nix-env --profile {PROFILE} --delete-generations old && rm {PROFILE}*\n\
         \x20 systemctl restart nix-daemon.service\n\
         \x20 rm -r /var/cache/nix-sccache /var/lib/nix-sccache   # what was cached, and what builds told",
        nix_conf.display()
    )
}
