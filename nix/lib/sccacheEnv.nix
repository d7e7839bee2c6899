/**
  The environment of a derivation that builds through the cache: `builtins.rust.sccacheEnv`
  with the packages filled in. `withSccache` also adds the shim and the session.

  The default settings need no plugin: their environment is `defaultEnvironment.nix`.

  # Example

  ```nix
  sccacheEnv { transport = "ephemeral"; }
  => { RUSTC_WRAPPER = "/nix/store/…-nix-sccache-shim-0.1.0/bin/sccache"; … }
  ```
*/
{
  rust,
  sccache,
  shim,
}:

settings:
let
  needsPlugin = import ./needsPlugin.nix;

  arguments = {
    inherit sccache shim;
  }
  // settings;
  tooOld = builtins.compareVersions (arguments.sccache.version or "0.17") "0.17" < 0;
in
if tooOld then
  throw ''
    sccacheEnv: entries are stored by sccache 0.17 or later, and this is ${arguments.sccache.version}.
    Give a later one as `sccache`: `nix-sccache.packages.SYSTEM.sccache` is one.
  ''
else if needsPlugin settings then
  rust.sccacheEnv arguments
else
  import ./defaultEnvironment.nix arguments
