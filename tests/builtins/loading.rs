//! The plugin in every program that loads plugins: silent where all is well, one line
//! where it is not, and never in the way.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix_sccache_tests::{Host, hosts, root, stdout_of, until};
use tempfile::TempDir;

const TARGET: &str = r#"builtins.rust.target "x86_64-linux""#;
const TRIPLE: &str = "\"x86_64-unknown-linux-gnu\"";

fn run(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, stderr)
}

/// Evaluates with whatever stands in `plugin-files`; gives stdout, and what the plugin said.
#[track_caller]
fn eval(host: &Host, plugin_files: &str, expression: &str) -> (String, Vec<String>) {
    let host = host.with_plugin(plugin_files.into());
    let (output, stderr) = run(host.nix("eval").args(["--impure", "--expr", expression]));
    assert!(output.status.success(), "{plugin_files}: {stderr}");
    let ours = stderr.lines().filter(|line| line.contains("nix-sccache"));
    let stdout = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (stdout, ours.map(str::to_owned).collect())
}

#[test]
fn programs_are_silent() {
    let directory = TempDir::new().unwrap();
    fs::write(
        directory.path().join("flake.nix"),
        format!("{{ outputs = _: {{ lib.target = {TARGET}; }}; }}"),
    )
    .unwrap();
    let flake = format!("path:{}", directory.path().display());
    for host in hosts() {
        let store = host.program("nix-store").arg("--version").output();
        let mut commands = vec![
            host.program("nix-hash"),
            host.program("nix-store"),
            host.program("nix-instantiate"),
            host.nix("flake"),
        ];
        commands[0].args(["--type", "sha256"]).arg(directory.path());
        commands[1].args(["--query", "--roots", "/nix/store"]);
        commands[2].args(["--eval", "--expr", TARGET]);
        commands[3].args(["check", "--no-write-lock-file", &flake]);
        for mut command in commands {
            let (_, stderr) = run(&mut command);
            assert!(!stderr.contains("nix-sccache"), "{command:?}: {stderr}");
            assert!(!stderr.contains("plugin"), "{command:?}: {stderr}");
        }
        assert!(store.unwrap().status.success());
    }
}

/// A daemon with the plugin in its own configuration, as a line in `/etc/nix/nix.conf` makes
/// it, and a client that has it, too.
#[test]
fn a_daemon_serves_builds() {
    struct Daemon(Child);
    impl Drop for Daemon {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }

    for host in hosts() {
        let directory = TempDir::new().unwrap();
        let socket = directory.path().join("socket");
        let log = directory.path().join("log");
        let mut command = host.program("nix-daemon");
        command
            .env("NIX_DAEMON_SOCKET_PATH", &socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap());
        let daemon = Daemon(command.spawn().unwrap());
        until(|| socket.exists(), || format!("no daemon: {log:?}"));
        let derivation = format!(
            r#"derivation {{ name = "t"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo ${{{TARGET}}} > $out" ]; run = "{}"; }}"#,
            directory.path().display()
        );
        let mut build = host.program("nix-build");
        build
            .env("NIX_REMOTE", format!("unix://{}", socket.display()))
            .args(["--no-out-link", "--expr", &derivation]);
        let (output, stderr) = run(&mut build);
        assert!(output.status.success(), "{stderr}");
        let built = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            fs::read_to_string(built.trim()).unwrap().trim(),
            TRIPLE.trim_matches('"')
        );
        drop(daemon);
        let log = fs::read_to_string(log).unwrap();
        assert!(!log.contains("nix-sccache"), "{log}");
        assert!(!stderr.contains("nix-sccache"), "{stderr}");
    }
}

#[test]
fn a_directory_of_plugins() {
    for host in hosts() {
        let directory = TempDir::new().unwrap();
        fs::copy(host.plugin(), directory.path().join("libnix_sccache.so")).unwrap();
        let (printed, said) = eval(&host, &directory.path().display().to_string(), TARGET);
        assert_eq!((printed.as_str(), said.len()), (TRIPLE, 0), "{said:?}");
    }
}

/// The same file twice is one plugin. Another copy of it would register its builtins beside
/// the first one's: it says so, and leaves them alone.
#[test]
fn the_plugin_twice() {
    for host in hosts() {
        let plugin = host.plugin().display().to_string();
        let (printed, said) = eval(&host, &format!("{plugin} {plugin}"), TARGET);
        assert_eq!((printed.as_str(), said.len()), (TRIPLE, 0), "{said:?}");

        let directory = TempDir::new().unwrap();
        let copy = directory.path().join("copy.so");
        fs::copy(host.plugin(), &copy).unwrap();
        let (printed, said) = eval(&host, &format!("{plugin} {}", copy.display()), TARGET);
        assert_eq!((printed.as_str(), said.len()), (TRIPLE, 1), "{said:?}");
        let told = format!(
            "nix-sccache: another copy of this plugin is loaded, {plugin}, whose builtins stay"
        );
        assert!(said[0].starts_with(&told), "{said:?}");
    }
}

#[test]
fn another_plugin_beside() {
    let directory = TempDir::new().unwrap();
    let other = directory.path().join("other.so");
    let mut compile = Command::new("cc");
    compile
        .args(["-shared", "-fPIC", "-x", "c", "-", "-o"])
        .arg(&other)
        .stdin(Stdio::piped());
    let mut compile = compile.spawn().unwrap();
    let source = "#include <stdio.h>\n__attribute__((constructor)) static void load(void) { fputs(\"other\\n\", stderr); }\n";
    compile
        .stdin
        .take()
        .unwrap()
        .write_all(source.as_bytes())
        .unwrap();
    assert!(compile.wait().unwrap().success());
    for host in hosts() {
        let ours = host.plugin().display().to_string();
        let other = other.display().to_string();
        for files in [format!("{ours} {other}"), format!("{other} {ours}")] {
            let host = host.with_plugin(files.into());
            let (output, stderr) = run(host.nix("eval").args(["--expr", TARGET]));
            assert_eq!(
                String::from_utf8_lossy(&output.stdout).trim(),
                TRIPLE,
                "{stderr}"
            );
            assert_eq!(stderr, "other\n");
        }
    }
}

/// A plugin for another Nix, or for none, is one line and no builtin.
#[test]
fn a_plugin_for_another_nix() {
    let mut plugins: Vec<PathBuf> = hosts().map(|host| host.plugin().to_owned()).collect();
    let mut build = Command::new("cargo");
    let plain = root().join("target/hosts/none");
    stdout_of(
        build
            .current_dir(root())
            .args([
                "build",
                "--quiet",
                "--release",
                "--package",
                "nix-sccache-plugin",
            ])
            .arg("--target-dir")
            .arg(&plain),
    );
    plugins.push(plain.join("release/libnix_sccache.so"));
    for host in hosts() {
        let serves = |plugin: &Path| plugin == host.plugin() || host.has_c_api();
        for plugin in plugins.iter().filter(|plugin| !serves(plugin)) {
            let files = plugin.display().to_string();
            let (printed, said) = eval(&host, &files, "builtins ? rust");
            assert_eq!(
                (printed.as_str(), said.len()),
                ("false", 1),
                "{files}: {said:?}"
            );
            assert!(said[0].contains(host.version()), "{files}: {said:?}");
            assert!(
                said[0].contains("build the plugin for this Nix"),
                "{said:?}"
            );
        }
    }
}

/// Whatever has the C API in it is served by the same file, with the C++ host or without. This
/// tests nothing unless `NIX_SCCACHE_HOSTS` names such a Nix: Debian has none.
#[test]
fn one_file_serves_every_c_api() {
    for host in hosts().filter(Host::has_c_api) {
        for plugin in hosts().map(|host| host.plugin().to_owned()) {
            let (printed, said) = eval(&host, &plugin.display().to_string(), TARGET);
            assert_eq!((printed.as_str(), said.len()), (TRIPLE, 0), "{said:?}");
        }
    }
}

/// Headers that the C++ host was not written for stop its build with a sentence.
#[test]
fn headers_of_another_release() {
    for (version, named) in [
        ("2.7.0", "these headers are of Nix 2.7.0"),
        ("2.35.0", "these headers are of Nix 2.35.0"),
        ("lix 2.89.0", "these headers are of Lix 2.89.0"),
        ("none", "these headers are of Nix none"),
    ] {
        let mut build = Command::new("cargo");
        build
            .current_dir(root())
            .env("NIX_SCCACHE_NIX_INCLUDE", "/nowhere")
            .env("NIX_SCCACHE_NIX_VERSION", version)
            .args(["build", "--package", "nix-sccache-plugin"])
            .args(["--features", "cxx-host", "--target-dir"])
            .arg(root().join("target/hosts/none"));
        let (output, stderr) = run(&mut build);
        assert!(!output.status.success(), "{version}");
        assert!(stderr.contains(named), "{version}: {stderr}");
        assert!(!stderr.contains("panicked"), "{version}: {stderr}");
    }
}
