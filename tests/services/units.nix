/**
  `packages.units` with these settings, of the programs that `scripts/build` leaves in
  `target/release`.

  # Example

  ```sh
  nix-build tests/services/units.nix --argstr settings '{ "readOnly": true }'
  ```

  # Arguments

  - `settings`: as JSON.
  - `plugin`: the file of a plugin, or nothing.
*/
{
  settings ? "{}",
  plugin ? "",
}:

let
  pkgs = import ../nixpkgs { };

  file = builtins.path {
    path = plugin;
    name = "plugin";
  };
in
pkgs.callPackage ../../nix/packages/units {
  settings = pkgs.lib.recursiveUpdate {
    package = import ../prebuiltGateway.nix pkgs;
    everyBuild.package = import ../prebuiltShim.nix pkgs;
    plugin =
      if plugin == "" then
        null
      else
        pkgs.runCommand "plugin" { } "install -D ${file} $out/lib/nix/plugins/libnix_sccache.so";
  } (builtins.fromJSON settings);
}
