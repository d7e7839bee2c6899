//! The builtins in flakes, whose own sources and inputs are in the store or only promised to be:
//! Nix from 2.35 on copies them when a derivation needs them, and Determinate Nix gives them a path
//! of its own until then. What copied a source hides later that something wanted it copied, so here
//! each call is the first that looks at a new one.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_tests::{Host, commit, hosts, root, stdout_of};
use tempfile::TempDir;

/// The calls, each a derivation: outputs of the flake, and which of its sources the derivation has to
/// depend on.
const CALLS: &str = r#"
    toTomlSelf = toml { a = self; }; # self
    toTomlPlus = toml { a = self + "/x"; }; # self
    toTomlIn = toml [ "in ${self}/x" ]; # self
    toTomlInput = toml { a = input; }; # input
    # No copy of it, and so nothing to depend on.
    toTomlPlace = toml { a = toString ./x; };
    shimSelf = env { shim = self; }; # self
    shimInput = env { shim = input; }; # input
    shimPlace = env { shim = toString ./.; };
    configSelf = env { shim = "/s"; config = self + "/x"; }; # self
    configInput = env { shim = "/s"; config = "${input}/x"; }; # input
    toolchainInput = config { toolchain = input; }; # input
    settingsSelf = config { toolchain = "/r"; settings.build.python = self + "/x"; }; # self
    withSccache = lib.withSccache { transport = "ephemeral"; } (pkgs.stdenv.mkDerivation { name = "with"; }); # self
    sccachedRustc = lib.sccachedRustc { source = self; toolchain = { outPath = input; version = "1.84.1"; }; cache.transport = "ephemeral"; }; # input
    sccachedRustcInput = lib.sccachedRustc { source = input; toolchain = { outPath = self; version = "1.84.1"; }; cache.transport = "ephemeral"; }; # input
    readFile = toml { a = builtins.readFile ./x; b = (rust.stage0 { source = input; }).version; };
"#;

/// The name of each output, its call, and its source.
fn calls() -> impl Iterator<Item = (&'static str, &'static str, Option<&'static str>)> {
    CALLS.lines().filter_map(|line| {
        let (name, call) = line.trim().split_once(" = ")?;
        match call.split_once("; # ") {
            Some((call, source)) => Some((name, call, Some(source))),
            None => Some((name, call, None)),
        }
    })
}

/// Two git repositories, a flake and its input, both with the files of a rustc source.
struct Sources {
    directory: TempDir,
}

impl Sources {
    fn new() -> Self {
        let sources = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let root = root().display().to_string();
        let system = format!("{}-linux", std::env::consts::ARCH);
        let input = sources.repository("input").display().to_string();
        let flake = format!(
            r#"{{
              inputs.input = {{ url = "git+file://{input}"; flake = false; }};
              inputs.nixpkgs = {{ url = "path:{root}/tests/nixpkgs"; flake = false; }};
              inputs.nix-sccache = {{ url = "path:{root}/nix"; flake = false; }};
              outputs = {{ self, input, nixpkgs, nix-sccache }}: let
                inherit (builtins) rust;
                pkgs = import nixpkgs {{ system = "{system}"; }};
                lib = import (nix-sccache + "/lib") {{ inherit pkgs; shim = self; }};
                derived = attributes: derivation ({{
                  name = "derived";
                  system = "{system}";
                  builder = "/bin/sh";
                }} // attributes);
                toml = value: derived {{ toml = rust.toTOML {{ inherit value; }}; }};
                env = settings: derived (rust.sccacheEnv settings);
                config = settings: derived {{
                  config = (rust.bootstrapConfig ({{ release = "1.85.0"; }} // settings)).text;
                }};
              in {{
                wrongFile = rust.toolchain {{
                  file = ./bad/rust-toolchain.toml;
                  manifest = self + "/x";
                  host = "{system}";
                }};
                wrongDirectory = rust.toolchain {{ file = ./src; manifest = "none"; host = "{system}"; }};
                wrongPath = rust.sccacheEnv {{ shim = ./src/version; }};
                wrongRoot = rust.sccacheEnv {{ shim = ./.; }};
                wrongString = rust.sccacheEnv {{ shim = "/s"; transport.redis.socket = "${{self}}/a:b"; }};
                unknownRelease = (lib.sccachedRustc {{ source = self; toolchain = "${{input}}"; cache.transport = "ephemeral"; }}).drvPath;
                sources = {{ self = "${{self}}"; input = "${{input}}"; }};
                text = rust.toTOML {{ a = self + "/x"; }};
                built = derived ({{
                  args = [ "-c" "read -r line < $SCCACHE_CONF; echo $line > $out" ];
                }} // rust.sccacheEnv {{ shim = "/s"; config = self + "/x"; }});
                many = map (number: (derived {{
                  toml = rust.toTOML {{
                    other = derived {{ name = "other-${{toString number}}"; line = builtins.readFile ./x; }};
                  }};
                }}).drvPath) (builtins.genList (number: number) 100);
                {CALLS}
              }};
            }}"#
        );
        for name in ["flake", "input"] {
            let repository = sources.repository(name);
            std::fs::create_dir_all(repository.join("src")).unwrap();
            let file = |name: &str, text: &str| {
                std::fs::write(repository.join(name), text).unwrap();
            };
            file("src/version", "1.85.0\n");
            std::fs::create_dir_all(repository.join("bad")).unwrap();
            file("bad/rust-toolchain.toml", "[toolchain]\nchannel = 1.84\n");
            file(
                "src/stage0",
                "compiler_date=2024-11-28\ncompiler_version=1.84.1\n",
            );
            if name == "flake" {
                file("flake.nix", &flake);
            }
            git(&repository, &["init", "--quiet"]);
        }
        sources.renew();
        sources
    }

    fn repository(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// Both become others than any that there ever were. Returns the line that `x` has in the flake.
    fn renew(&self) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let line = format!("{} {} {count}", now.as_nanos(), std::process::id());
        for name in ["flake", "input"] {
            let repository = self.repository(name);
            std::fs::write(repository.join("x"), format!("{line}\n")).unwrap();
            commit(&repository);
        }
        line
    }

    /// `nix SUBCOMMAND` of an output.
    fn nix(&self, host: &Host, options: &[&str], subcommand: &str, output: &str) -> Command {
        let mut command = host.nix(subcommand);
        // What was evaluated once is not looked up, but evaluated again.
        command.args(["--no-write-lock-file", "--option", "eval-cache", "false"]);
        command.args(options).arg(format!(
            "git+file://{}#{output}",
            self.repository("flake").display()
        ));
        command
    }

    fn eval(&self, host: &Host, options: &[&str], output: &str) -> serde_json::Value {
        let mut command = self.nix(host, options, "eval", output);
        serde_json::from_str(&stdout_of(command.arg("--json"))).unwrap()
    }
}

fn git(repository: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    stdout_of(git.arg("-C").arg(repository).args(arguments));
}

/// The ways in which a host makes paths of sources: the options for each.
fn ways(host: &Host) -> Vec<Vec<&'static str>> {
    let lazy_trees = |value| vec!["--option", "lazy-trees", value];
    if host.has_setting("lazy-trees", "true") {
        vec![lazy_trees("true"), lazy_trees("false")]
    } else {
        vec![vec![]]
    }
}

/// A derivation of what a builtin makes of a source depends on that source, and is the same each time,
/// whichever way the host makes paths.
#[test]
fn derivations_of_new_sources() {
    let sources = Sources::new();
    for host in hosts() {
        for (name, call, depends) in calls() {
            sources.renew();
            let output = format!("{name}.drvPath");
            let found: Vec<_> = ways(&host)
                .iter()
                .flat_map(|options| [options, options])
                .map(|options| sources.eval(&host, options, &output))
                .collect();
            assert!(
                found.iter().all(|each| *each == found[0]),
                "{call}: {found:?}"
            );
            let Some(depends) = depends else { continue };
            // Only now: this copies them.
            let paths = sources.eval(&host, &[], "sources");
            let source = paths[depends].as_str().unwrap();
            let mut query = host.plain("nix-store");
            query.args(["--query", "--references"]);
            let inputs = stdout_of(query.arg(found[0].as_str().unwrap()));
            assert!(inputs.contains(source), "{call}: no {source} in {inputs}");
        }
    }
}

/// The text that people see names a file that is there, and a build has it.
#[test]
fn files_of_new_sources() {
    let sources = Sources::new();
    for host in hosts() {
        for options in ways(&host) {
            sources.renew();
            let text = sources.eval(&host, &options, "text");
            assert_eq!(sources.eval(&host, &options, "text"), text);

            let line = sources.renew();
            let mut build = sources.nix(&host, &options, "build", "built");
            build.args(["--no-link", "--json"]);
            let built: serde_json::Value = serde_json::from_str(&stdout_of(&mut build)).unwrap();
            let output = built[0]["outputs"]["out"].as_str().unwrap();
            let written = std::fs::read_to_string(output).unwrap();
            assert_eq!(written.trim(), line, "{options:?}");
        }
    }
}

/// Determinate Nix writes derivations to the store beside the evaluation, and evaluates with several
/// threads where it is told to.
#[test]
fn many_new_derivations() {
    let sources = Sources::new();
    for host in hosts() {
        let cores = ["--option", "eval-cores", "2"];
        let cores: &[_] = if host.has_setting("eval-cores", "2") {
            &cores
        } else {
            &[]
        };
        for options in ways(&host) {
            let options = [&options, cores].concat();
            sources.renew();
            let first = sources.eval(&host, &options, "many");
            assert_eq!(first.as_array().unwrap().len(), 100);
            let second = sources.eval(&host, &options, "many");
            assert_eq!(second, first, "{options:?}");
        }
    }
}

/// The hash of a source is nothing that anybody can look up, and a path literal of it nothing that
/// anybody can write.
#[test]
fn messages_are_of_what_people_wrote() {
    let sources = Sources::new();
    for host in hosts() {
        for options in ways(&host) {
            for (output, message) in [
                (
                    "wrongFile",
                    "/nix/store/…-source/bad/rust-toolchain.toml:2:11: `channel` must be a string",
                ),
                (
                    "wrongDirectory",
                    "the directory /nix/store/…-source/src has neither rust-toolchain nor",
                ),
                (
                    "wrongPath",
                    "the path /nix/store/…-source/src/version: write \"${./src/version}\" to have it copied",
                ),
                (
                    "wrongRoot",
                    "the path /nix/store/…-source: write \"${./.}\" to have it copied",
                ),
                ("wrongString", "/nix/store/…-source/a:b"),
                (
                    "unknownRelease",
                    "sccachedRustc: of which release the toolchain source is, it does not say",
                ),
            ] {
                if output == "wrongDirectory" && !host.is_from(2, 14) {
                    // Where Nix cannot tell what a directory is, it says itself what is wrong.
                    continue;
                }
                sources.renew();
                let mut command = sources.nix(&host, &options, "eval", output);
                let ended = command.output().unwrap();
                let stderr = String::from_utf8_lossy(&ended.stderr);
                assert!(stderr.contains(message), "{options:?}: {output}: {stderr}");
            }
        }
    }
}

/// The output of a derivation that another one makes.
#[test]
fn outputs_of_dynamic_derivations() {
    const EXPRESSION: &str = r#"
        let
          made = derivation {
            name = "made.drv";
            system = "x86_64-linux";
            builder = "/bin/sh";
            __contentAddressed = true;
            outputHashMode = "text";
            outputHashAlgo = "sha256";
          };
          output = builtins.outputOf made.outPath "out";
          uses = derivation ({ name = "uses"; system = "x86_64-linux"; builder = "/bin/sh"; } // builtins.rust.sccacheEnv { shim = output; });
        in
        [
          (builtins.rust.toTOML { a = output; } == "a = \"${output}\"\n")
          (uses.drvPath == (derivation ({ name = "uses"; system = "x86_64-linux"; builder = "/bin/sh"; } // builtins.rust.sccacheEnv { shim = "${output}"; })).drvPath)
        ]"#;
    // Nix has had them since 2.18.
    for host in hosts().filter(|host| host.is_from(2, 18)) {
        let features = [
            "--option",
            "extra-experimental-features",
            "ca-derivations dynamic-derivations",
        ];
        // The first that wants these features changes the store's database, and says so.
        let mut first = Command::new(host.path());
        stdout_of(first.args(["eval", "--expr", "1"]).args(features));
        assert_eq!(
            host.eval(EXPRESSION, features),
            Ok(serde_json::json!([true, true]))
        );
    }
}

/// In the pure evaluation of a flake, whose files are in the store or, lately, on their way
/// there.
#[test]
fn a_flake_hands_over_its_own_files() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    file("settings.toml", "a = 1.5\n");
    std::fs::create_dir(directory.path().join("src")).unwrap();
    file("src/version", "1.84.1\n");
    file(
        "src/stage0",
        "compiler_date=2024-11-28\ncompiler_version=1.83.0\n\
         dist/2024-11-28/rustc-1.83.0-x86_64-unknown-linux-gnu.tar.xz=\
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
    );
    file(
        "flake.nix",
        r#"{
          outputs = { self }: {
            read = builtins.rust.toTOML (builtins.fromTOML (builtins.readFile ./settings.toml));
            copied = builtins.rust.toTOML { file = ./settings.toml; };
            stage0 =
              let
                stage0 = builtins.rust.stage0 { source = self; };
                same = stage0 == builtins.rust.stage0 { source = ./.; };
                file = builtins.rust.stage0 { file = ./src/stage0; version = ./src/version; };
                url = (builtins.head stage0.artifacts).url;
              in
              # It names what is to be fetched, and the flake is no input of that.
              if same && stage0 == file && !builtins.hasContext url then
                "${stage0.version} for ${stage0.accepts.source}: ${url}"
              else
                throw "${builtins.toJSON stage0} is not ${builtins.toJSON file}";
          };
        }"#,
    );
    let mut git = Command::new("git");
    git.current_dir(directory.path()).args(["init", "--quiet"]);
    stdout_of(&mut git);
    let mut git = Command::new("git");
    git.current_dir(directory.path()).args(["add", "."]);
    stdout_of(&mut git);
    for host in hosts() {
        for scheme in ["path:", "git+file://"] {
            let eval = |output: &str| {
                let flake = format!("{scheme}{}#{output}", directory.path().display());
                stdout_of(host.nix("eval").args(["--raw", &flake]))
            };
            assert_eq!(eval("read"), "a = 1.5\n", "{scheme}");
            assert_eq!(
                eval("stage0"),
                "1.83.0 for 1.84.1: https://static.rust-lang.org/dist/2024-11-28/\
                 rustc-1.83.0-x86_64-unknown-linux-gnu.tar.xz",
                "{scheme}"
            );
            let copied = eval("copied");
            let path = copied.split('"').nth(1).unwrap();
            let found = path.starts_with("/nix/store/") && path.ends_with("settings.toml");
            assert!(found, "{scheme}: {copied}");
            assert_eq!(std::fs::read_to_string(path).unwrap(), "a = 1.5\n");
        }
    }
}
