/**
  What `builtins.rust.sccacheEnv` answers where nothing but the packages is given, so that the default settings need no
  plugin.

  # Example

  ```nix
  import ./defaultEnvironment.nix { shim = "/shim"; sccache = "/sccache"; }
  => { RUSTC_WRAPPER = "/shim/bin/sccache"; … }
  ```
*/
{ sccache, shim }:

let
  launcher = "${shim}/bin/sccache";
in
{
  CARGO_INCREMENTAL = "0";
  CMAKE_CXX_COMPILER_LAUNCHER = launcher;
  CMAKE_C_COMPILER_LAUNCHER = launcher;
  NIX_SCCACHE_SCCACHE = "${sccache}/bin/sccache";
  NIX_SCCACHE_TRANSPORT = "server";
  NIX_SCCACHE_WRAP = "rust,c,c++";
  RUSTC_WRAPPER = launcher;
  SCCACHE_CLIENT_SIDE = "true";
  SCCACHE_IGNORE_SERVER_IO_ERROR = "1";
  SCCACHE_MAX_FRAME_LENGTH = "1073741824";
  SCCACHE_SERVER_UDS = "/run/nix-sccache/sccache.sock";
}
