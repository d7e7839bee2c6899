//! Tells the host's gateway what is noted, while it is: builds are seen from there. Nothing here waits, and nothing fails:
//! where nobody listens, or takes no more, nothing is told.

use std::env;
use std::fs::read_link;
use std::hash::{BuildHasher, RandomState};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_contract as contract;
use nix_sccache_contract::host_log::{SOCKET, Speaker};
use nix_sccache_contract::json::Json;
use nix_sccache_contract::record::Build;
use nix_sccache_contract::secret::Secrets;
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, send, socket_with,
};

use crate::settings;

/// The link whose target is the session's name: it is made whole, and read by one call.
const NAME: &str = "told-as";

/// Somebody on the host who listens.
pub struct Host {
    stream: OwnedFd,
    speaker: Speaker,
}

impl Host {
    /// Connects for the session of this directory, where there is somebody.
    pub fn connect(session: &Path) -> Option<Self> {
        let storage = PathBuf::from(settings::value(contract::SERVER_UDS)?);
        let address = SocketAddrUnix::new(storage.with_file_name(SOCKET)).ok()?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let stream = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).ok()?;
        connect(&stream, &address).ok()?;
        let variable = |name: &str| match name {
            contract::TRANSPORT => settings::text(name),
            name => settings::attribute(name)?.into_string().ok(),
        };
        let speaker = Speaker {
            session: name(session)?,
            build: Build::of_variables(now(), variable),
        };
        Some(Self { stream, speaker })
    }

    /// Tells lines, with nothing secret left in them, and then one that has nothing secret in it.
    pub fn tell(self, lines: &str, clean: Option<&str>) {
        let secrets = secrets();
        let mut text = secrets.clean(&self.speaker.to_json()) + "\n" + &secrets.clean(lines) + "\n";
        if let Some(clean) = clean {
            text += clean;
            text.push('\n');
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        send(&self.stream, text.as_bytes(), flags).ok();
    }
}

/// The values that are to be shown nowhere.
pub fn secrets() -> Secrets {
    let variables: Vec<_> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .collect();
    let variables = variables.iter();
    Secrets::of(variables.map(|(name, value)| (name.as_str(), value.as_os_str())))
}

/// Now, in microseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

/// The session's name, which nobody can guess: the first call gives it.
fn name(session: &Path) -> Option<String> {
    let link = session.join(NAME);
    let given = || read_link(&link).ok()?.into_os_string().into_string().ok();
    given().or_else(|| {
        symlink(format!("{:016x}", RandomState::new().hash_one(0)), &link).ok();
        given()
    })
}
