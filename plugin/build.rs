//! Builds the C++ host against the headers of the Nix that pkg-config finds, when the
//! feature `cxx-host` asks for it.

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
    use std::process::exit;

    /// The releases that `src/host/nix.cc` was written for: from the first, to before the second.
    const FIRST: (u32, u32) = (2, 8);
    const BEYOND: (u32, u32) = (2, 9);

    pub(super) fn build() {
        println!("cargo::rerun-if-changed=src/host/nix.cc");
        println!("cargo::rerun-if-changed=src/host/nix.hh");
        let nix = match pkg_config::Config::new()
            .cargo_metadata(false)
            // The compiler searches those by itself, last, as their own headers rely on.
            .print_system_cflags(false)
            .probe("nix-expr")
        {
            Ok(nix) => nix,
            Err(error) => stop(&format!(
                "the C++ host needs the headers of Nix, and pkg-config does not find `nix-expr`: set PKG_CONFIG_PATH to \
                 the folder of its nix-expr.pc.\n{error}"
            )),
        };
        if !(FIRST..BEYOND).contains(&release(&nix.version)) {
            stop(&format!(
                "the C++ host was written for Nix {}.{} to before {}.{}, and pkg-config finds {}",
                FIRST.0, FIRST.1, BEYOND.0, BEYOND.1, nix.version
            ));
        }
        println!("cargo::rustc-env=NIX_SCCACHE_BUILT_FOR_NIX={}", nix.version);
        let mut build = cxx_build::bridge("src/host/cxx.rs");
        build
            .file("src/host/nix.cc")
            // Nix's own headers are not ours to warn about.
            .flags(
                nix.include_paths
                    .iter()
                    .map(|path| format!("-isystem{}", path.display())),
            )
            .std("c++17")
            .warnings(true)
            .extra_warnings(true)
            .flag("-Werror")
            .compile("nix_sccache_host");
    }

    fn release(version: &str) -> (u32, u32) {
        let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
        (next(), next())
    }

    fn stop(why: &str) -> ! {
        for line in why.lines() {
            println!("cargo::error={line}");
        }
        exit(1);
    }
}
