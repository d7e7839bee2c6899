//! What a program is linked with, as its loader finds it: the files that a service has to be let
//! map as code, beside the program itself.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::super::probe::{self, Ran};

/// The paths of a program's loader and libraries. There are none for a program that is linked
/// statically, which is run instead: it tells its version.
pub fn of(program: &str) -> io::Result<BTreeSet<String>> {
    let mut command = Command::new(program);
    // To glibc's loader: say what you would load, and load nothing.
    command.env("LD_TRACE_LOADED_OBJECTS", "1").arg("--version");
    match probe::run(command) {
        Ran::Well(said) => Ok(read(&said)),
        Ran::Badly(said) => Err(io::Error::other(format!("{program}: {said}"))),
        Ran::NotAtAll(error) => Err(io::Error::other(format!("{program}: {error}"))),
        Ran::TooLong => Err(io::Error::other(format!("{program} does not end"))),
    }
}

/// The paths in lines such as `libc.so.6 => /lib/libc.so.6 (0x00007f…)`. What the kernel itself
/// brings has none.
fn read(said: &str) -> BTreeSet<String> {
    said.lines()
        .filter_map(|line| {
            let (object, _address) = line.trim().rsplit_once(" (0x")?;
            let path = object
                .split_once(" => ")
                .map_or(object, |(_name, path)| path);
            path.starts_with('/').then(|| path.to_owned())
        })
        .collect()
}

/// What glibc loads beside them to find the address of a host, from the folder in which it is
/// itself. Before 2.34 all of this is in libraries of its own.
pub fn for_names(libraries: &BTreeSet<String>) -> BTreeSet<String> {
    let is_libc = |path: &&String| path.rsplit('/').next() == Some("libc.so.6");
    let folder = libraries.iter().find(is_libc);
    let folder = folder.and_then(|path| Path::new(path).parent());
    folder
        .and_then(|folder| fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.path().into_os_string().into_string().ok())
        .filter(|path| {
            let name = path.rsplit('/').next().unwrap_or_default();
            name.starts_with("libnss_") && name.ends_with(".so.2")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found() {
        let said = "\tlinux-vdso.so.1 (0x00007ffc)\n\
                    \tlibgcc_s.so.1 => /lib/x86_64-linux-gnu/libgcc_s.so.1 (0x00007f1)\n\
                    \tlibx.so => not found\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f2)\n";
        let expected = [
            "/lib/x86_64-linux-gnu/libgcc_s.so.1",
            "/lib64/ld-linux-x86-64.so.2",
        ];
        assert_eq!(read(said), expected.map(str::to_owned).into());
        assert!(read("sccache 0.19.0\n").is_empty());
    }

    #[test]
    fn this_program_has_a_c_library() {
        let own = std::env::current_exe().unwrap();
        let libraries = of(own.to_str().unwrap()).unwrap();
        assert!(
            libraries.iter().any(|path| path.contains("/libc.")),
            "{libraries:?}"
        );
    }

    #[test]
    fn what_finds_names_is_beside_the_c_library() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for name in ["libc.so.6", "libnss_dns.so.2", "libnss_dns.a", "libm.so.6"] {
            fs::write(path(name), "").unwrap();
        }
        let found = for_names(&[path("libc.so.6")].into());
        assert_eq!(found, [path("libnss_dns.so.2")].into());
        assert!(for_names(&[path("libm.so.6")].into()).is_empty());
    }
}
