//! What is told for a set-up, checked: what systemd would take in another sense, and what the
//! services would not see.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no set-up.
#[derive(Debug)]
pub enum Failure {
    /// What was told is wrong.
    Told(String),
    /// The machine does not do it.
    Machine(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Machine(error)
    }
}

/// Folders that the units hide, or have as empty ones of their own.
const HIDDEN: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

/// A program, or a file that is loaded as one, by the path that all links to it lead to.
pub fn program(option: &str, path: Option<PathBuf>) -> Result<String, Failure> {
    let Some(path) = path else {
        return Err(Failure::Told(format!(
            "there is none on PATH: say where it is with {option} PATH"
        )));
    };
    let real = path.canonicalize().map_err(|error| {
        Failure::Told(format!("{option} {:?}: {error}", path.to_string_lossy()))
    })?;
    reachable(option, &real)
}

/// The shim is the gateway by its own name alone.
pub fn own_name(program: &str) -> Result<(), Failure> {
    if Path::new(program).file_name() == Some(OsStr::new("nix-sccache")) {
        return Ok(());
    }
    Err(Failure::Told(format!(
        "--program {program:?} is not called nix-sccache, and by another name it is a compiler: \
         rename it"
    )))
}

/// A path that the services see.
pub fn reachable(option: &str, path: &Path) -> Result<String, Failure> {
    let text = whole(option, path)?;
    if let Some(hidden) = HIDDEN.iter().find(|hidden| path.starts_with(hidden)) {
        return Err(Failure::Told(format!(
            "{option} {text:?} is in {hidden}, of which the services see nothing: put it \
             somewhere else, a program in /usr/local/bin say"
        )));
    }
    Ok(text)
}

/// A path from the root on.
pub fn whole(option: &str, path: &Path) -> Result<String, Failure> {
    let text = path.to_string_lossy();
    if !path.is_absolute() {
        return Err(Failure::Told(format!(
            "{option} {text:?} does not begin with `/`: say the whole path"
        )));
    }
    word(option, &text)
}

/// Text that means the same to systemd as here.
pub fn word(option: &str, text: &str) -> Result<String, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._+-@:,=~".contains(c);
    if text.is_empty() || !text.chars().all(is_plain) {
        return Err(Failure::Told(format!(
            "{option} {text:?} is empty, or has characters that systemd would take for more than \
             themselves: use letters, digits and /._+-@:,=~"
        )));
    }
    Ok(text.to_owned())
}

/// A size as sccache reads it; what it cannot read it passes over.
pub fn size(text: &str) -> Result<String, Failure> {
    let digits = text.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(text);
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(Failure::Told(format!(
            "--size {text:?} is not a number with K, M, G or T behind it: write 50G"
        )));
    }
    Ok(text.to_owned())
}

/// The address of a server, without a secret in it: everybody may read a unit.
pub fn endpoint(option: &str, text: &str) -> Result<(), Failure> {
    word(option, &text.replace(['[', ']', '?', '&', '#'], ""))?;
    if text.contains('@') {
        return Err(Failure::Told(format!(
            "{option} has a user or a password in it, and everybody may read a unit: write \
             SCCACHE_REDIS_USERNAME=… and SCCACHE_REDIS_PASSWORD=… into a file of root's, \
             and say --environment-file FILE"
        )));
    }
    Ok(())
}

/// What is known of a Redis.
pub struct Redis {
    /// Whether it is beyond this machine, or may be.
    pub is_far: bool,
}

/// Looks at a Redis' address.
pub fn redis(endpoint: &str) -> Result<Redis, Failure> {
    for scheme in ["redis+unix://", "unix://"] {
        if let Some(rest) = endpoint.strip_prefix(scheme) {
            if rest.starts_with('/') {
                return Err(Failure::Told(format!(
                    "--redis {:?} has no host, without which sccache does not take it: write \
                     {scheme}localhost{}",
                    endpoint,
                    rest.split(['?', '#']).next().unwrap_or_default()
                )));
            }
            return Ok(Redis { is_far: false });
        }
    }
    Ok(Redis { is_far: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T>(result: Result<T, Failure>) -> String {
        match result {
            Err(Failure::Told(wrong)) => wrong,
            Err(Failure::Machine(error)) => panic!("{error}"),
            Ok(_) => panic!("nothing is wrong"),
        }
    }

    #[test]
    fn what_services_do_not_see_is_refused() {
        for hidden in ["/home/me/.cargo/bin/sccache", "/root/x", "/tmp/x"] {
            let wrong = told(reachable("--directory", Path::new(hidden)));
            assert!(wrong.contains("see nothing"), "{wrong}");
        }
        assert!(reachable("--directory", Path::new("/homes/x")).is_ok());
        assert!(told(reachable("--directory", Path::new("x"))).contains("whole path"));
        for odd in ["/a b", "/%h", "/$x", "/a\"b", "/a\nb", "/é", ""] {
            told(word("--directory", odd));
        }
    }

    #[test]
    fn the_gateway_has_its_name() {
        assert!(own_name("/bin/nix-sccache").is_ok());
        for other in ["/bin/sccache", "/bin/nix-sccache-1", "/"] {
            assert!(told(own_name(other)).contains("rename"), "{other}");
        }
    }

    #[test]
    fn sizes_are_sccaches() {
        for right in ["1", "10G", "5000M", "2T"] {
            assert!(size(right).is_ok(), "{right}");
        }
        for wrong in ["", "G", "10 G", "10GB", "1.5G", "10g ", "-1G"] {
            assert!(told(size(wrong)).contains("50G"), "{wrong}");
        }
    }

    #[test]
    fn secrets_stay_out_of_units() {
        for secret in ["redis://me:secret@h:1", "redis://:secret@h"] {
            let wrong = told(endpoint("--redis", secret));
            assert!(wrong.contains("--environment-file"), "{wrong}");
            assert!(!wrong.contains("secret"), "{wrong}");
        }
        assert!(endpoint("--redis", "redis://[::1]:6379/0?x=1").is_ok());
    }

    #[test]
    fn a_redis_is_near_by_its_socket() {
        assert!(redis("redis://127.0.0.1").unwrap().is_far);
        assert!(!redis("redis+unix://localhost/run/r.sock").unwrap().is_far);
        let wrong = told(redis("redis+unix:///run/r.sock"));
        assert!(
            wrong.contains("redis+unix://localhost/run/r.sock"),
            "{wrong}"
        );
    }
}
