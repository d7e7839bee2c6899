//! Lists what goes wrong with the cache: errors that leave a build without it, and faults that are got
//! over. The session keeps both beside its log, and the report tells of them.

use std::fmt;

use serde_json::Value;

use crate::coded::{coded, filled};
use crate::json::{Json, Member, put, write_object};
use crate::text::{shown, shown_up_to};

coded! {
    /// Why the cache cannot be used. The build goes on without it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub enum CacheError {
        /// There is none.
        "sccache-missing" SccacheMissing: "there is no sccache on PATH";
            "say which one with `sccache` of rust.sccacheEnv, or put one on PATH"
        /// The system does not run it: which one, and why.
        "sccache-not-run" SccacheNotRun(why): "sccache cannot be run: {}";
            "is it there, made for this system, and may build users run it?"
        /// The socket, and why nobody answers there.
        "server-unreachable" ServerUnreachable(socket): "no server answers at {}";
            "does the daemon run? Is the directory of its socket in extra-sandbox-paths, and may build users \
             connect to the socket (chmod 666)?"
        /// It does not know what it is asked, as releases before 0.17 do not.
        "server-too-old" ServerTooOld(socket): "what answers at {} is no sccache of 0.17 or later";
            "run the daemon of sccache 0.17 to 0.19"
        /// It ended the connection, or answered otherwise than it should.
        "storage-failed" StorageFailed(why): "the cache's storage failed: {}";
            "look at the daemon's log, and at the gateway's"
        /// It took the call and said nothing for so long.
        "server-silent" ServerSilent(time): "no answer within {}";
            "look at the daemon's log and start it anew; `timeout` of rust.sccacheEnv says how long a call waits"
        /// The session's own server: what it said.
        "server-not-started" ServerNotStarted(why): "its server did not start: {}";
            "these are sccache's own words: can its directory be written, is there room on the disk, and \
             does its configuration fit its version?"
        /// Each try takes so long.
        "storage-slow" StorageSlow(time): "its storage takes {} to answer";
            "is what stands behind the daemon's disk, or behind the session's server, still there?"
        /// The directory of the cache.
        "directory-missing" DirectoryMissing(directory): "{} is not there";
            "add the directory to extra-sandbox-paths in nix.conf, and let build users write to it"
        /// A transport that has its server in the session, and a build without one.
        "session-missing" SessionMissing: "the build has no session, and so no server";
            "use withSccache, or run the build by `nix-sccache run -- …`"
        /// It could not begin: why.
        "session-not-begun" SessionNotBegun(why): "no session, so neither a cache of its own nor a report: {}";
            "let the build write to /tmp, and make room there"
        /// Nothing can be written to its directory.
        "session-unusable" SessionUnusable: "the session's directory cannot be used";
            "make room in /tmp, and leave the session's directory where it is until the build has ended"
    }
}

coded! {
    /// What went wrong with the cache and was got over: the build has lost time, and nothing else.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "fault", content = "why"))]
    pub enum Fault {
        /// An entry was not what had been stored, or was another call's.
        "entry-damaged" EntryDamaged(why): "{entries} damaged, compiled again and stored anew";
            "nothing, if it stays at that; what is damaged again and again has a bad disk, or bad memory"
        /// An entry could not be had.
        "entry-not-read" EntryNotRead(why): "{entries} could not be read, and compiled again";
            "look at the daemon's log, and at the gateway's"
        /// What was compiled could not be stored.
        "entry-not-stored" EntryNotStored(why): "{entries} not stored";
            "may the daemon's user write to its storage, and is there room? Is the gateway --read-only? Are \
             SCCACHE_MAX_FRAME_LENGTH of the daemon and --max-frame of the gateway longer than the entry?"
        /// A hit was run again to see, and came out otherwise: what differs.
        "verify-differs" VerifyDiffers(why): "{entries} not what the compiler makes, and replaced";
            "tell the developers: what the compiler read is not all in the key, or it makes something else each time"
        /// Answers took their time.
        "slow-answers" SlowAnswers: "the cache was slow: {seconds} s of waiting in {calls}";
            "look at the load of the daemon's machine, and at what stands behind its disk"
        /// Lines of the log could not be written.
        "log-incomplete" LogIncomplete(why): "{calls} not counted here, since the session's log could not be written";
            "make room where the session has its directory, in /tmp"
    }
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&filled(self.row().sentence, self.detail()))
    }
}

/// A fault as the session's log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRecord {
    /// What it was, and the cause, as far as it is known.
    pub fault: Fault,
    /// The crate or the source file of the call; empty where none is known.
    pub name: String,
    /// How many calls it stands for.
    pub calls: u64,
    /// How long the calls waited, in milliseconds, where that is the fault.
    pub waited: u64,
}

/// The fault's code and its cause are members beside the others; no name and no time are left out.
impl Json for FaultRecord {
    fn write(&self, text: &mut String) {
        write_object(text, |text| {
            put("fault", &self.fault.code().to_owned(), text);
            self.fault.detail().map(str::to_owned).put("why", text);
            Some(self.name.clone())
                .filter(|name| !name.is_empty())
                .put("name", text);
            put("calls", &self.calls, text);
            if self.waited > 0 {
                put("waited", &self.waited, text);
            }
        });
    }

    fn read(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let fault = members.get("fault")?.as_str()?;
        Some(Self {
            fault: Fault::of_code(fault, Option::get("why", members)?)?,
            name: Option::<String>::get("name", members)?.unwrap_or_default(),
            calls: u64::get("calls", members)?,
            waited: members
                .get("waited")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
        })
    }
}

impl FaultRecord {
    /// A fault of one call.
    #[must_use]
    pub fn of_call(fault: Fault, name: &str) -> Self {
        Self {
            fault,
            name: name.to_owned(),
            calls: 1,
            waited: 0,
        }
    }

    /// A fault of this many calls, whose names nobody knows.
    #[must_use]
    pub fn of_calls(fault: Fault, calls: u64) -> Self {
        Self {
            calls,
            ..Self::of_call(fault, "")
        }
    }
}

/// Faults of one code and cause, together.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Faults {
    /// What it was, and the cause.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub fault: Fault,
    /// How many calls met it.
    pub calls: u64,
    /// The crates and source files, as far as they are known.
    pub names: Vec<String>,
    /// How long calls waited, in seconds, where that is the fault.
    pub waited_seconds: f64,
    /// What to do about it.
    pub remedy: String,
}

/// Puts faults of one code and cause together, in the order of the codes.
#[must_use]
pub fn together(records: &[FaultRecord]) -> Vec<Faults> {
    let mut all: Vec<Faults> = Vec::new();
    for record in records {
        let same = all.iter().position(|row| row.fault == record.fault);
        let index = same.unwrap_or_else(|| {
            all.push(Faults {
                fault: record.fault.clone(),
                calls: 0,
                names: Vec::new(),
                waited_seconds: 0.0,
                remedy: record.fault.remedy(),
            });
            all.len() - 1
        });
        let Some(row) = all.get_mut(index) else {
            continue;
        };
        row.calls = row.calls.saturating_add(record.calls);
        row.waited_seconds += seconds(record.waited);
        if !record.name.is_empty() && !row.names.contains(&record.name) {
            row.names.push(record.name.clone());
        }
    }
    all.sort_by(|a, b| a.fault.cmp(&b.fault));
    all
}

impl Faults {
    /// A sentence.
    #[must_use]
    pub fn text(&self) -> String {
        /// How many characters of a cause are shown: it may be another program's words.
        const WHY: usize = 300;
        let count = |one: &str, many: &str| match self.calls {
            0 => many.to_owned(),
            1 => format!("1 {one}"),
            calls => format!("{calls} {many}"),
        };
        let row = self.fault.row();
        let sentence = row
            .sentence
            .replace("{entries}", &count("entry", "entries"));
        let sentence = sentence.replace("{calls}", &count("call", "calls"));
        let sentence = sentence.replace("{seconds}", &format!("{:.1}", self.waited_seconds));
        let why = self
            .fault
            .detail()
            .map(|why| format!(": {}", shown_up_to(why.trim(), WHY)));
        sentence + &self.of() + &why.unwrap_or_default()
    }

    /// Some of the names, in brackets.
    fn of(&self) -> String {
        const SHOWN: usize = 3;
        if self.names.is_empty() {
            return String::new();
        }
        let shown: Vec<_> = self
            .names
            .iter()
            .take(SHOWN)
            .map(|name| shown(name))
            .collect();
        match self.names.len().saturating_sub(SHOWN) {
            0 => format!(" ({})", shown.join(", ")),
            more => format!(" ({} and {more} more)", shown.join(", ")),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a build does not take 285 years"
)]
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1e3
}
