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

/// What of that which is linked the cache serves: the name of a [`Links`](crate::Links). Unset, that is `all`.
pub const LINKS: &str = "NIX_SCCACHE_LINKS";

/// Of how many hits one is run again, and compared. Unset, none is.
pub const VERIFY: &str = "NIX_SCCACHE_VERIFY";

/// The packages that are built without the cache: values of `pname`, with commas between. It counts where a machine mounts
/// the shim into every build.
pub const EXCLUDE: &str = "NIX_SCCACHE_EXCLUDE";

/// How many bytes a session fetches before they are asked for, at most; with 0 it fetches and plans nothing. Unset,
/// [`DEFAULT_PREFETCH`].
pub const PREFETCH: &str = "NIX_SCCACHE_PREFETCH";

/// The bytes of [`PREFETCH`] where nothing is said: a workspace of some hundred crates fits.
pub const DEFAULT_PREFETCH: u64 = 1 << 30;

/// A directory in which a session that ends leaves its log and its page. Unset, it leaves nothing.
pub const REPORTS: &str = "NIX_SCCACHE_REPORTS";

/// The directory of the running session. Set by the shim, for itself.
pub const SESSION: &str = "NIX_SCCACHE_SESSION";

/// That the shim stands aside for the project's own wrapper of rustc's, which may call it in turn. Set by
/// the shim, for itself.
pub const STOOD_ASIDE: &str = "NIX_SCCACHE_STOOD_ASIDE";

/// What a command of cargo's makes beside what its manifests say: kinds of crate, with commas between.
/// Set by the shim, for itself.
pub const MAKES: &str = "NIX_SCCACHE_MAKES";

/// Of sccache's own: the socket of its server.
pub const SERVER_UDS: &str = "SCCACHE_SERVER_UDS";

/// Of sccache's own: whether compilers run at its client's, and the server keeps entries alone. The shim does not read
/// it; who calls the real sccache in a sandbox cannot do without.
pub const CLIENT_SIDE: &str = "SCCACHE_CLIENT_SIDE";

/// Of sccache's own, and ours: whatever its value, an entry is not looked for, and is stored anew.
pub const RECACHE: &str = "SCCACHE_RECACHE";

/// Of sccache's own: the directory of its disk cache.
pub const CACHE_DIR: &str = "SCCACHE_DIR";

/// The value of [`TRANSPORT`] for a daemon on the host, which no build starts or stops.
pub const TRANSPORT_SERVER: &str = "server";

/// The value of [`TRANSPORT`] for a cache that lives as long as the session.
pub const TRANSPORT_EPHEMERAL: &str = "ephemeral";
