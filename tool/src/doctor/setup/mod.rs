//! `nix-sccache doctor --setup`: the files that set up the host's side on a machine with systemd.
//!
//! [`units`] has what is the same everywhere, out of `units.toml`, which the NixOS module reads,
//! too; [`libraries`] finds what a program is linked with; [`checked`] refuses what would not work.

mod checked;
mod libraries;
mod units;

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tempfile::NamedTempFile;

use self::checked::{Failure, program, reachable, whole, word};
use self::units::{Level, Settings};
use crate::client;
use crate::outputs;
use crate::tell::{print, tell};

/// What the command line says of it.
#[derive(Args)]
pub struct Options {
    /// Prints the files that set up this machine's side, for systemd, and examines nothing
    #[arg(long)]
    setup: bool,
    /// Writes them below this folder instead, / say
    #[arg(long, value_name = "FOLDER", requires = "setup")]
    below: Option<PathBuf>,
    #[command(flatten)]
    told: Told,
}

/// What the set-up is to be.
#[derive(Args)]
struct Told {
    /// The real sccache; by default the one on PATH
    #[arg(long, value_name = "PROGRAM", requires = "setup")]
    sccache: Option<PathBuf>,
    /// The program of the gateway; by default this one
    #[arg(long, value_name = "PROGRAM", requires = "setup")]
    program: Option<PathBuf>,
    /// The plugin, for nix.conf
    #[arg(long, value_name = "FILE", requires = "setup")]
    plugin: Option<PathBuf>,
    /// Who alone may use the cache: the group of the build users, nixbld. With auto-allocate-uids
    /// builds are in no group of this machine
    #[arg(long, value_name = "GROUP", requires = "setup")]
    group: Option<String>,
    /// Lets builds read the cache, and none of them write to it
    #[arg(long, requires = "setup")]
    read_only: bool,
    /// Where the daemon has its entries
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "setup",
        default_value = "/var/cache/nix-sccache"
    )]
    directory: PathBuf,
    /// How large that may become; sccache's own default is 10G
    #[arg(long, value_name = "SIZE", requires = "setup")]
    size: Option<String>,
    /// A Redis behind the folder, such as `redis://cache.example:6379`
    #[arg(long, value_name = "ENDPOINT", requires = "setup")]
    redis: Option<String>,
    /// What the keys in Redis begin with
    #[arg(long, value_name = "PREFIX", requires = "redis")]
    redis_prefix: Option<String>,
    /// A bucket of S3's behind both
    #[arg(long, value_name = "BUCKET", requires = "setup")]
    s3: Option<String>,
    /// The bucket's region; auto where the endpoint has none
    #[arg(long, value_name = "REGION", requires = "s3")]
    s3_region: Option<String>,
    /// The address of a server other than Amazon's
    #[arg(long, value_name = "ENDPOINT", requires = "s3")]
    s3_endpoint: Option<String>,
    /// What the keys in the bucket begin with
    #[arg(long, value_name = "PREFIX", requires = "s3")]
    s3_prefix: Option<String>,
    /// A file of root's, of the form of ~/.aws/credentials
    #[arg(long, value_name = "FILE", requires = "s3")]
    s3_credentials: Option<PathBuf>,
    /// A file of root's with further variables for the daemon, `SCCACHE_REDIS_PASSWORD=…` say
    #[arg(long, value_name = "FILE", requires = "setup")]
    environment_file: Option<PathBuf>,
}

/// A file that is to be there.
struct File {
    /// Where.
    path: String,
    text: String,
}

/// What is to be done when they are there.
const NEXT: &str = "\
# Then, as root, with `!include nix-sccache.conf` in /etc/nix/nix.conf:
#
#     systemd-sysusers && systemd-tmpfiles --create
#     systemctl daemon-reload
#     systemctl enable --now nix-sccache-daemon.service nix-sccache.socket
#     systemctl restart nix-daemon.service";

impl Options {
    /// Whether this is what is wanted.
    pub fn is_wanted(&self) -> bool {
        self.setup
    }
}

/// Prints the files, or writes them.
pub fn main(options: Options) -> ExitCode {
    let done = files(options.told).and_then(|files| match &options.below {
        None => show(&files),
        Some(folder) => write(&files, folder),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told(wrong)) => {
            tell(format_args!("nix-sccache: {wrong}"));
            ExitCode::from(2)
        }
        Err(Failure::Machine(error)) => {
            tell(format_args!("nix-sccache: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn files(told: Told) -> Result<Vec<File>, Failure> {
    let own = || std::env::current_exe().ok();
    let gateway = program("--program", told.program.or_else(own))?;
    checked::own_name(&gateway)?;
    let sccache = program("--sccache", told.sccache.or_else(client::sccache))?;
    let directory = reachable("--directory", &told.directory)?;
    let group = told.group.as_deref().map(|group| word("--group", group));
    // Systemd itself reads these, or Nix, and they see everything.
    let file = |name, path: Option<PathBuf>| path.map(|path| whole(name, &path)).transpose();
    let size = told.size.as_deref().map(checked::size).transpose()?;
    let redis = told.redis.as_deref().map(|endpoint| {
        checked::endpoint("--redis", endpoint)?;
        checked::redis(endpoint)
    });
    let redis = redis.transpose()?;
    if told.s3.is_some() && told.s3_region.is_none() {
        return Err(Failure::Told(
            "--s3 wants --s3-region: `auto` where --s3-endpoint's server has none".to_owned(),
        ));
    }
    for (name, value) in [
        ("--redis-prefix", &told.redis_prefix),
        ("--s3", &told.s3),
        ("--s3-region", &told.s3_region),
        ("--s3-prefix", &told.s3_prefix),
    ] {
        value
            .as_deref()
            .map(|value| word(name, value))
            .transpose()?;
    }
    if let Some(endpoint) = &told.s3_endpoint {
        checked::endpoint("--s3-endpoint", endpoint)?;
    }
    let is_far = told.s3.is_some() || redis.is_some_and(|redis| redis.is_far);
    let mut sccache_libraries = libraries::of(&sccache)?;
    if is_far {
        sccache_libraries.extend(libraries::for_names(&sccache_libraries));
    }
    let settings = Settings {
        gateway_libraries: libraries::of(&gateway)?,
        sccache_libraries,
        gateway,
        sccache,
        group: group.transpose()?,
        read_only: told.read_only,
        levels: vec![
            Level::new("disk")
                .with("directory", Some(directory.clone()))
                .with("size", size),
            Level::new("redis")
                .with("endpoint", told.redis)
                .with("prefix", told.redis_prefix),
            Level::new("s3")
                .with("bucket", told.s3)
                .with("region", told.s3_region)
                .with("endpoint", told.s3_endpoint)
                .with("prefix", told.s3_prefix),
        ],
        directory,
        is_far,
        s3_credentials: file("--s3-credentials", told.s3_credentials)?,
        environment_file: file("--environment-file", told.environment_file)?,
        plugin: file("--plugin", told.plugin)?,
    };
    let unreadable = |error| {
        Failure::Machine(io::Error::other(format!(
            "the set-up in this program cannot be read: {error}"
        )))
    };
    let made = units::files(&settings).map_err(unreadable)?;
    Ok(made
        .into_iter()
        .map(|(path, text)| File {
            path: path.to_owned(),
            text,
        })
        .collect())
}

fn show(files: &[File]) -> Result<(), Failure> {
    let shown = files
        .iter()
        .map(|file| format!("# {}\n{}", file.path, file.text));
    let shown: Vec<_> = shown.chain([NEXT.to_owned()]).collect();
    Ok(print(shown.join("\n"))?)
}

/// What is there already, and is something else, may be somebody's work.
fn write(files: &[File], folder: &Path) -> Result<(), Failure> {
    let place = |file: &File| folder.join(file.path.trim_start_matches('/'));
    for file in files {
        let place = place(file);
        if outputs::irregular([place.clone()]).is_some() {
            return Err(Failure::Told(format!(
                "{} is there, and is no regular file: move it away",
                place.display()
            )));
        }
        match fs::read(&place) {
            Ok(there) if there != file.text.as_bytes() => {
                return Err(Failure::Told(format!(
                    "{} is there, and is not what would be written: move it away, and put what \
                     you have changed into a drop-in (systemctl edit)",
                    place.display()
                )));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&place, &error)),
            _ => {}
        }
    }
    for file in files {
        let place = place(file);
        write_file(&place, &file.text).map_err(|error| at(&place, &error))?;
        tell(format_args!("nix-sccache: wrote {}", place.display()));
    }
    Ok(print(NEXT)?)
}

fn at(place: &Path, error: &io::Error) -> Failure {
    let said = format!("{}: {error}", place.display());
    Failure::Machine(io::Error::new(error.kind(), said))
}

/// Whole or not at all, for everybody to read.
fn write_file(place: &Path, text: &str) -> io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(0o644))?;
    file.persist(place)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// As one that leads nowhere yet, which could not be read.
    #[test]
    fn no_link_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = File {
            path: "/a.service".into(),
            text: "text".into(),
        };
        let place = folder.path().join("a.service");
        symlink("/nonexistent", &place).unwrap();
        assert!(matches!(
            write(&[file], folder.path()),
            Err(Failure::Told(_))
        ));
        assert!(place.is_symlink());
    }
}
