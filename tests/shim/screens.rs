//! `nix-sccache top` and `builds` on a real terminal, tmux's: what a person sees, of few builds and of many.

use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Daemon, Gateway, Shim, stdout_of, until};

use crate::shim;
use crate::top::{build, build_named};

/// A terminal, which ends with the value.
struct Terminal {
    server: tempfile::TempDir,
}

impl Terminal {
    /// One of so many columns and 24 lines, in which the tool runs.
    fn start(width: usize, shim: &Shim, arguments: &[&str], logs: &Path) -> Self {
        let terminal = Self {
            server: tempfile::tempdir().unwrap(),
        };
        let command = format!(
            "{} {} --logs {}; echo \"ended by $?\"; exec sleep 600",
            shim.program("nix-sccache").display(),
            arguments.join(" "),
            logs.display()
        );
        let width = width.to_string();
        let mut tmux = terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &width]);
        stdout_of(tmux.args(["-y", "24", &command]).env("LC_ALL", "C.UTF-8"));
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-u").arg("-S").arg(self.server.path().join("s"));
        tmux.args(arguments);
        tmux
    }

    fn press(&self, key: &str) {
        stdout_of(&mut self.tmux(&["send-keys", key]));
    }

    /// What is on it, and before that on what has gone off its top.
    fn lines(&self) -> Vec<String> {
        let text = stdout_of(&mut self.tmux(&["capture-pane", "-p", "-S", "-"]));
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }

    /// The same, as soon as this is there.
    fn lines_with(&self, what: &str) -> Vec<String> {
        let has = |lines: &[String]| lines.iter().any(|line| line.contains(what));
        until(
            || has(&self.lines()),
            || format!("no {what}: {:#?}", self.lines()),
        );
        self.lines()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]).status().ok();
    }
}

/// The columns of a line up to the end of this word.
fn end_of(line: &str, word: &str) -> usize {
    line.find(word)
        .unwrap_or_else(|| panic!("no {word}: {line}"))
        + word.len()
}

/// Whatever the tool prints is as wide as the smallest terminal at most: no line goes on in the next.
fn list(shim: &Shim, gateway: &Gateway, width: usize, count: usize) {
    let number = count.to_string();
    let arguments = ["builds", "--number", &number];
    let terminal = Terminal::start(width, shim, &arguments, gateway.logs());
    let shown = terminal.lines_with("ended by 0");
    let mut tool = Command::new(shim.program("nix-sccache"));
    let printed = stdout_of(tool.args(arguments).arg("--logs").arg(gateway.logs()));
    let printed: Vec<_> = printed.lines().map(str::trim_end).collect();
    assert!(printed.len() > count);
    assert_eq!(shown[..printed.len()], printed);
}

/// Each build is a line of columns below their names, and keys go to the last.
fn watch(shim: &Shim, gateway: &Gateway, width: usize, count: usize) {
    let terminal = Terminal::start(width, shim, &["top"], gateway.logs());
    let lines = terminal.lines_with(&format!("{count} builds run"));
    let about = |lines: &[String]| format!("{width} columns: {lines:#?}");
    assert_eq!(lines.len(), 24, "{}", about(&lines));
    assert!(lines[23].starts_with("q ends"), "{}", about(&lines));
    let head = &lines[2];
    let rows: Vec<_> = lines[3..22]
        .iter()
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(rows.len(), count.min(19), "{}", about(&lines));
    for row in rows {
        let Some(number) = row.strip_prefix("build") else {
            // Names that are too long are cut, and hide no number.
            assert!(row.starts_with("wide-日本") && row.contains('…'), "{row}");
            continue;
        };
        for (column, value) in [("hits", "1"), ("misses", "0"), ("passed", "0")] {
            let at = end_of(head, column);
            assert_eq!(&row[at - 1..at], value, "{column}: {}", about(&lines));
        }
        let crate_name = format!("crate{}", &number[..3]);
        assert!(row[end_of(head, "quiet")..].contains(&crate_name), "{row}");
    }
    terminal.press("End");
    let lines = terminal.lines_with("of user");
    assert!(lines[22].contains(" of user "), "{}", about(&lines));
    assert!(lines.iter().any(|line| line.starts_with("build000")));
    terminal.press("q");
    terminal.lines_with("ended by 0");
}

#[test]
fn builds_fit_on_terminals() {
    let (shim, daemon) = (shim(), Daemon::start());
    let gateway = Gateway::start_keeping(&daemon, &[]);
    let files = || std::fs::read_dir(gateway.logs()).unwrap().count();
    for (from, to) in [(0, 3), (3, 300)] {
        for number in from..to {
            match number {
                2 => build_named(
                    &gateway,
                    number,
                    &format!("wide-{}-1.0", "日本語".repeat(9)),
                ),
                _ => build(&gateway, number),
            }
        }
        until(|| files() == 2 * to, || files().to_string());
        for width in [80, 200] {
            watch(&shim, &gateway, width, to);
            list(&shim, &gateway, width, to);
        }
    }
}
