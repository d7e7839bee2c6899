//! Watches the builds that run on this machine: `nix-sccache top`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use nix_sccache_contract::host_log::DIRECTORY;
use nix_sccache_contract::text::shown_up_to;
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table, TableState};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::builds::{duration, seconds};
use crate::host_builds::{HostBuild, HostBuilds};
use crate::print::{ended, fit};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(1);

/// How a terminal says that it is gone.
const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR);

/// A build that has ended is shown for so long.
const SHOWN: Duration = Duration::from_mins(10);

/// The columns between the build's name and what it does, with what is between columns.
const NUMBERS: usize = 5 + 6 + 6 + 7 + 7 + 6;

/// What to watch.
#[derive(Args)]
pub struct Options {
    /// Where the host's gateway keeps what builds tell
    #[arg(long, value_name = "DIR", default_value = DIRECTORY)]
    logs: PathBuf,
}

/// Watches until somebody has seen enough.
pub fn main(options: &Options) -> ExitCode {
    ended(watch(options))
}

fn watch(options: &Options) -> Result<(), String> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(
            "there is no terminal to show builds on: `nix-sccache builds` lists them".to_owned(),
        );
    }
    let mut kept = HostBuilds::new(&options.logs);
    kept.update()?;
    let ends = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&ends))
            .map_err(|error| error.to_string())?;
    }
    let mut terminal = ratatui::try_init().map_err(|error| format!("the terminal: {error}"))?;
    let mut screen = Screen::default();
    let mut looked = Instant::now();
    let watched = loop {
        let drawn = terminal.draw(|frame| screen.draw(frame, &kept, SystemTime::now()));
        if let Err(error) = drawn {
            break Err(format!("the terminal: {error}"));
        }
        // A signal interrupts the wait.
        let time = Timespec::try_from(LOOK.saturating_sub(looked.elapsed())).ok();
        let stdin = io::stdin();
        let mut keys = [PollFd::new(&stdin, PollFlags::IN)];
        let has_key = poll(&mut keys, time.as_ref()).is_ok_and(|count| count > 0);
        // Of a terminal that is gone crossterm would read nothing, for ever.
        let is_gone = keys.iter().any(|keys| keys.revents().intersects(GONE));
        if is_gone || ends.load(Ordering::Relaxed) || (has_key && screen.ends_by_keys()) {
            break Ok(());
        }
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            if let Err(why) = kept.update() {
                break Err(why);
            }
        }
    };
    ratatui::restore();
    watched
}

/// What is shown, and where somebody looks.
#[derive(Default)]
struct Screen {
    /// The build that is chosen, wherever it stands now.
    chosen: Option<String>,
    table: TableState,
    /// The builds, as they were shown last.
    ids: Vec<String>,
    /// How many of them fit.
    height: usize,
}

impl Screen {
    /// Does what all keys say that there are; whether one is to end.
    fn ends_by_keys(&mut self) -> bool {
        while event::poll(Duration::ZERO).unwrap_or(false) {
            match event::read() {
                Ok(event) if self.ends_by(&event) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        false
    }

    /// Does what a key says; whether that is to end.
    fn ends_by(&mut self, event: &Event) -> bool {
        let Event::Key(key) = event else { return false };
        if key.kind == KeyEventKind::Release {
            return false;
        }
        let page = self.height.max(1);
        let at = self.table.selected().unwrap_or_default();
        let to = match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return true,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return true,
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => at + usize::from(self.chosen.is_some()),
            KeyCode::PageUp => at.saturating_sub(page),
            KeyCode::PageDown => at + page,
            KeyCode::Home => 0,
            KeyCode::End => usize::MAX,
            _ => return false,
        };
        let to = to.min(self.ids.len().saturating_sub(1));
        self.chosen = self.ids.get(to).cloned();
        false
    }

    fn draw(&mut self, frame: &mut Frame, kept: &HostBuilds, now: SystemTime) {
        let mut builds: Vec<_> = kept
            .builds()
            .iter()
            .filter(|build| build.runs(now) || quiet(build, now) < SHOWN)
            .collect();
        builds.sort_by_key(|build| (!build.runs(now), quiet(build, now)));
        self.ids = builds.iter().map(|build| build.log.id()).collect();
        let chosen = self.chosen.as_ref();
        let chosen = chosen.and_then(|id| self.ids.iter().position(|other| other == id));
        self.table.select(chosen);

        let [head, body, foot] = Layout::vertical([
            Constraint::Length(2),
            Constraint::Min(1),
            Constraint::Length(2),
        ])
        .areas(frame.area());
        self.height = usize::from(body.height.saturating_sub(1));
        frame.render_widget(Line::from(sum(&builds, now)).bold(), head);

        let width = usize::from(frame.area().width);
        let name = if width >= 120 { 48 } else { 24 };
        let doing = width.saturating_sub(name + NUMBERS);
        let [name_width, doing_width] =
            [name, doing].map(|width| u16::try_from(width).unwrap_or(0));
        let widths = [name_width, 5, 6, 6, 7, 7, doing_width].map(Constraint::Length);
        let header = [
            "build", " hits", "misses", "passed", "  saved", "  quiet", "now",
        ];
        let rows = builds.iter().map(|build| row(build, now, [name, doing]));
        if builds.is_empty() {
            let nothing =
                "No build told of itself lately: `nix-sccache builds` lists the earlier ones.";
            frame.render_widget(nothing, body);
            return;
        }
        let table = Table::new(rows, widths)
            .header(Row::new(header).underlined())
            .row_highlight_style(Style::new().reversed());
        frame.render_stateful_widget(table, body, &mut self.table);
        let chosen = chosen.and_then(|at| builds.get(at));
        let about = chosen.map_or_else(String::new, |build| about(build));
        let keys = "q ends   ↑ ↓ choose   `nix-sccache report BUILD` shows all of one";
        frame.render_widget(
            ratatui::text::Text::from(vec![about.into(), keys.dim().into()]),
            foot,
        );
    }
}

/// What all of them did.
fn sum(builds: &[&HostBuild], now: SystemTime) -> String {
    let running: Vec<_> = builds.iter().filter(|build| build.runs(now)).collect();
    let hits: usize = running.iter().map(|build| build.hits).sum();
    let misses: usize = running.iter().map(|build| build.misses).sum();
    let saved = running.iter().map(|build| build.saved);
    let saved = duration(seconds(saved.fold(0, u64::saturating_add)));
    let count = match running.len() {
        0 => "no build runs".to_owned(),
        1 => "1 build runs".to_owned(),
        many => format!("{many} builds run"),
    };
    format!("{count}: hits {hits} of {}, saved {saved}", hits + misses)
}

fn row(build: &HostBuild, now: SystemTime, [name, doing]: [usize; 2]) -> Row<'static> {
    let number = |number: usize, width: usize| Cell::from(format!("{number:>width$}"));
    let time = |seconds: f64| Cell::from(format!("{:>7}", duration(seconds)));
    let row = Row::new([
        Cell::from(fit(&build.log.title(&build.origin), name)),
        number(build.hits, 5),
        number(build.misses, 6),
        number(build.passed, 6),
        time(seconds(build.saved)),
        time(quiet(build, now).as_secs_f64()),
        Cell::from(what(build, now, doing)),
    ]);
    if build.runs(now) { row } else { row.dim() }
}

/// What a build does, in so many characters.
fn what(build: &HostBuild, now: SystemTime, width: usize) -> String {
    if !build.runs(now) {
        return "ended".to_owned();
    }
    let mut compiles = build.compiles();
    let first = compiles.next();
    let more = match compiles.count() {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let name = first.unwrap_or(&build.last);
    let doing = match first {
        None => "had ",
        // Where there is little room the name says it.
        Some(_) if width < 30 => "",
        Some(_) => "compiles ",
    };
    let room = width.saturating_sub(doing.len() + more.len());
    format!("{doing}{}{more}", fit(name, room))
}

/// One line of a build that is chosen.
fn about(build: &HostBuild) -> String {
    let origin = &build.origin;
    let user = origin.user.as_deref().unwrap_or("?");
    let out = origin
        .out
        .as_deref()
        .unwrap_or_else(|| origin.name.as_deref().unwrap_or("a session"));
    let error = if build.has_error {
        "; it cannot use the cache"
    } else {
        ""
    };
    format!(
        "{} of user {}{error}",
        shown_up_to(out, 120),
        shown_up_to(user, 10)
    )
}

fn quiet(build: &HostBuild, now: SystemTime) -> Duration {
    now.duration_since(build.heard).unwrap_or_default()
}
