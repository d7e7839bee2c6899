/**
  sccache, of the version that `scripts/setup` installs.

  # Example

  ```nix
  "${sccache}/bin/sccache"
  ```
*/
{ runCommand }:

let
  version = "0.19.0";
in
runCommand "sccache-${version}" {
  passthru = { inherit version; };
} "install -D /sccache-${version}/bin/sccache $out/bin/sccache"
