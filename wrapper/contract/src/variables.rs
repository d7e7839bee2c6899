//! Names the environment variables that `rust.sccacheEnv` writes and the shim reads, and those that the
//! shim sets for itself.

/// The real sccache, an absolute path. Without it the shim takes the first `sccache`
/// on `PATH` that is not itself.
pub const SCCACHE: &str = "NIX_SCCACHE_SCCACHE";

/// The shim, an absolute path, for `nix-sccache`: without it that takes the one of its package, the one beside itself,
/// or the first on `PATH`.
pub const SHIM: &str = "NIX_SCCACHE_SHIM";

/// How the derivation reaches its cache: the name of a transport, an attribute of
/// `rust.sccacheEnv`'s `transport`. Unset, the shim leaves it to sccache
/// and its configuration.
pub const TRANSPORT: &str = "NIX_SCCACHE_TRANSPORT";

/// Which languages go to the cache: names of [`Language`](crate::Language) with commas between.
/// Unset, all of them.
pub const WRAP: &str = "NIX_SCCACHE_WRAP";

/// How long a call waits for the cache before the compiler runs without it, in seconds.
/// Unset, [`DEFAULT_TIMEOUT`].
pub const TIMEOUT: &str = "NIX_SCCACHE_TIMEOUT";

/// The seconds of [`TIMEOUT`] where nothing is said: longer than rustc takes to list the
/// sources of any crate, which is all that happens before the cache is asked.
pub const DEFAULT_TIMEOUT: u32 = 120;

/// Whether compilers are shown paths that stay the same from build to build: the name of a
/// [`StablePaths`](crate::StablePaths). Unset, that is `exact`.
pub const STABLE_PATHS: &str = "NIX_SCCACHE_STABLE_PATHS";

/// A directory in which a session that ends leaves its log and its page. Unset, it leaves nothing.
pub const REPORTS: &str = "NIX_SCCACHE_REPORTS";

/// The directory of the running session. Set by the shim, for itself.
pub const SESSION: &str = "NIX_SCCACHE_SESSION";

/// The compiler that sccache calls through the shim. Set by the shim, for itself.
pub const COMPILER: &str = "NIX_SCCACHE_COMPILER";

/// The workspace wrapper that stands in front of that compiler, if one does. Set by the
/// shim, for itself.
pub const COMPILER_WRAPPER: &str = "NIX_SCCACHE_COMPILER_WRAPPER";

/// The file that is there while the compiler compiles for that call, and has another name
/// afterwards. Set by the shim, for itself.
pub const COMPILING: &str = "NIX_SCCACHE_COMPILING";

/// What tells a call from every other, for the seal of its entry. Set by the shim, for itself.
pub const SEAL: &str = "NIX_SCCACHE_SEAL";

/// The process that asked for the call: when that is gone, nobody waits for the compiler. Set by
/// the shim, for itself.
pub const CALLER: &str = "NIX_SCCACHE_CALLER";

/// The socket of the server, where [`SERVER_UDS`] is the shim's own in front of it. Set by the
/// shim, for itself.
pub const SERVER: &str = "NIX_SCCACHE_SERVER";

/// The linker that rustc calls through the shim. Set by the shim, for itself.
pub const LINKER: &str = "NIX_SCCACHE_LINKER";

/// The paths that compilers are shown and those that they stand for: a line each, with a tab
/// between. Set by the shim, for itself.
pub const SHOWN_PATHS: &str = "NIX_SCCACHE_SHOWN_PATHS";

/// That the shim stands aside for the project's own wrapper of rustc's, which may call it in turn. Set by
/// the shim, for itself.
pub const STOOD_ASIDE: &str = "NIX_SCCACHE_STOOD_ASIDE";

/// With which the name of a variable begins that sccache would keep from its compiler: the shim hands
/// it on under this name, and gives it its own again. Set by the shim, for itself.
pub const KEPT: &str = "NIX_SCCACHE_KEPT_";

/// What a command of cargo's makes beside what its manifests say: kinds of crate, with commas between.
/// Set by the shim, for itself.
pub const MAKES: &str = "NIX_SCCACHE_MAKES";

/// With which the name of a variable begins that is in no key: the shim hands it on to sccache under this
/// name, and gives it its own again for the compiler. Set by the shim, for itself.
pub const KEYLESS: &str = "NIX_SCCACHE_KEYLESS_";

/// What goes into each Rust key beside what sccache puts there: it hashes every
/// variable that begins with `CARGO_`. Set by the shim, for sccache.
pub const RUST_KEY: &str = "CARGO_NIX_SCCACHE_KEY";

/// What goes into each Rust key of a build of rustc itself: a hash of its bootstrap config. Set by
/// `rust.bootstrapConfig`, for sccache.
pub const BOOTSTRAP_KEY: &str = "CARGO_NIX_SCCACHE_BOOTSTRAP_CONFIG";

/// Of sccache's own: a string that goes into each C and C++ key.
pub const C_KEY: &str = "SCCACHE_C_CUSTOM_CACHE_BUSTER";

/// Of sccache's own: the socket of its server.
pub const SERVER_UDS: &str = "SCCACHE_SERVER_UDS";

/// Of sccache's own: whether compilers run at its client's, and the server keeps entries alone.
pub const CLIENT_SIDE: &str = "SCCACHE_CLIENT_SIDE";

/// Of sccache's own: whatever its value, an entry is not looked for, and is stored anew.
pub const RECACHE: &str = "SCCACHE_RECACHE";

/// Of sccache's own: whether it takes an object for another's by the headers that were read last
/// time, without a look at those that have come since.
pub const DIRECT: &str = "SCCACHE_DIRECT";

/// Of sccache's own: the directory of its disk cache.
pub const CACHE_DIR: &str = "SCCACHE_DIR";

/// The value of [`TRANSPORT`] for a daemon on the host, which no build starts or stops.
pub const TRANSPORT_SERVER: &str = "server";

/// The value of [`TRANSPORT`] for a cache that lives as long as the session.
pub const TRANSPORT_EPHEMERAL: &str = "ephemeral";
