//! Builds the C++ host against the headers of one Nix, or Lix, when the feature `cxx-host`
//! asks for it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Symbols are looked up when they are called: one that this Nix lacks must not keep
    // the plugin from loading and saying so. rustc links with `-z now` unless told.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,lazy");
    #[cfg(feature = "cxx-host")]
    cxx_host::build();
}

#[cfg(feature = "cxx-host")]
mod cxx_host {
    use std::env;
    use std::fmt;
    use std::ops::RangeInclusive;
    use std::path::PathBuf;
    use std::process::exit;

    /// The variable that names directories of headers, as PATH names directories, where no
    /// pkg-config is wanted; and the one that then says which release they are of.
    const INCLUDE: &str = "NIX_SCCACHE_NIX_INCLUDE";
    const VERSION: &str = "NIX_SCCACHE_NIX_VERSION";

    /// Whose headers there are.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Implementation {
        Nix,
        Lix,
    }

    /// Major and minor.
    type Release = (u32, u32);

    /// What `src/host/adaptors.hh` was written for.
    const NIX: RangeInclusive<Release> = (2, 8)..=(2, 34);
    const LIX: RangeInclusive<Release> = (2, 90)..=(2, 95);

    /// The pkg-config modules that have the evaluator's headers.
    const MODULES: [(Implementation, &str); 2] = [
        (Implementation::Nix, "nix-expr"),
        (Implementation::Lix, "lix-expr"),
    ];

    /// The headers to build against.
    struct Headers {
        implementation: Implementation,
        version: String,
        directories: Vec<PathBuf>,
    }

    pub(super) fn build() {
        for file in ["nix.cc", "nix.hh", "adaptors.hh"] {
            println!("cargo::rerun-if-changed=src/host/{file}");
        }
        let headers = given().unwrap_or_else(by_pkg_config);
        let Some(number) = number(&headers) else {
            let (nix, lix) = (range(&NIX), range(&LIX));
            let (implementation, version) = (headers.implementation, &headers.version);
            stop(&format!(
                "the C++ host is written for Nix {nix} and for Lix {lix}, and these headers are of {implementation} \
                 {version}; a later Nix needs no headers: build without the feature cxx-host"
            ));
        };
        println!("cargo::rustc-env=NIX_SCCACHE_BUILT_FOR={}", headers.version);
        let of = |implementation| {
            let number = if headers.implementation == implementation {
                number
            } else {
                0
            };
            number.to_string()
        };
        cxx_build::bridge("src/host/cxx.rs")
            .file("src/host/nix.cc")
            .define("NIX_SCCACHE_NIX", &*of(Implementation::Nix))
            .define("NIX_SCCACHE_LIX", &*of(Implementation::Lix))
            // Nix's own headers are not ours to warn about.
            .flags(
                headers
                    .directories
                    .iter()
                    .map(|directory| format!("-isystem{}", directory.display())),
            )
            .std(standard(headers.implementation, number))
            .warnings(true)
            .extra_warnings(true)
            // What Nix's structures hold beyond what we set is theirs to initialise.
            .flag("-Wno-missing-field-initializers")
            .compile("nix_sccache_host");
    }

    /// The headers that the environment names.
    fn given() -> Option<Headers> {
        println!("cargo::rerun-if-env-changed={INCLUDE}");
        println!("cargo::rerun-if-env-changed={VERSION}");
        let directories = env::var_os(INCLUDE)?;
        let Ok(version) = env::var(VERSION) else {
            stop(&format!(
                "{INCLUDE} is set: set {VERSION}, too, to the version of these headers, such as 2.31.2, or \"lix 2.93.3\""
            ));
        };
        let (implementation, version) = match version.strip_prefix("lix ") {
            Some(version) => (Implementation::Lix, version.to_owned()),
            None => (Implementation::Nix, version),
        };
        Some(Headers {
            implementation,
            version,
            directories: env::split_paths(&directories).collect(),
        })
    }

    /// The headers that pkg-config finds.
    fn by_pkg_config() -> Headers {
        let probe = |(implementation, module)| {
            let found = pkg_config::Config::new()
                .cargo_metadata(false)
                // The compiler searches those by itself, last, as their own headers rely on.
                .print_system_cflags(false)
                .probe(module)?;
            Ok(Headers {
                implementation,
                version: found.version,
                directories: found.include_paths,
            })
        };
        let (nix, lix) = match MODULES.map(probe) {
            [Ok(headers), _] | [_, Ok(headers)] => return headers,
            [Err::<_, pkg_config::Error>(nix), Err(lix)] => (nix, lix),
        };
        stop(&format!(
            "the C++ host needs the headers of Nix or Lix, and pkg-config finds neither `nix-expr` nor `lix-expr`: set \
             PKG_CONFIG_PATH to the directory of its .pc files, or {INCLUDE} and {VERSION}.\n{nix}\n{lix}"
        ))
    }

    /// The release as adaptors.hh compares it, 21306 for 2.13.6, unless it is of none that
    /// was written for.
    fn number(headers: &Headers) -> Option<u32> {
        let mut numbers = headers.version.split('.').map(|part| {
            part.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        });
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch: u32 = numbers.next().flatten().unwrap_or(0);
        let known = match headers.implementation {
            Implementation::Nix => NIX,
            Implementation::Lix => LIX,
        };
        known
            .contains(&(major, minor))
            .then(|| major * 10_000 + minor * 100 + patch.min(99))
    }

    /// The C++ that the headers are written in, as their .pc files say.
    fn standard(implementation: Implementation, number: u32) -> &'static str {
        match (implementation, number) {
            (Implementation::Nix, ..21400) => "c++17",
            (Implementation::Nix, ..23100) | (Implementation::Lix, ..29200) => "c++20",
            _ => "c++23",
        }
    }

    fn range(releases: &RangeInclusive<Release>) -> String {
        let (first, last) = (releases.start(), releases.end());
        format!("{}.{} to {}.{}", first.0, first.1, last.0, last.1)
    }

    impl fmt::Display for Implementation {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(match self {
                Implementation::Nix => "Nix",
                Implementation::Lix => "Lix",
            })
        }
    }

    fn stop(why: &str) -> ! {
        for line in why.lines() {
            println!("cargo::error={line}");
        }
        exit(1);
    }
}
