/**
  A derivation that a file makes, over the stand-in for nixpkgs.

  # Example

  ```sh
  nix-build scripts/lib/cases.nix --argstr make $PWD/make.nix --argstr run 1
  ```

  # Arguments

  - `make`: the file, with a function of `pkgs`, of `lib`, which is this project's, of `add`, which adds the cache
    to a derivation's attributes, and of `run`.
  - `run`: what no other run has, so that Nix builds it although it did so before.
  - `cached`: whether `add` adds anything.
  - `settings`: what else `add` is told, as JSON.
*/
{
  make,
  run,
  cached ? true,
  settings ? "{}",
}:

let
  pkgs = import ../../tests/nixpkgs { };

  lib = import ../../nix/lib {
    inherit pkgs;
    shim = import ../../tests/prebuiltShim.nix pkgs;
  };

  add =
    if cached then
      # Of what is linked there are no numbers, unless the settings say so.
      lib.withSccache (
        {
          transport = "server";
          links = "never";
        }
        // builtins.fromJSON settings
      )
    else
      attributes: attributes;
in
import (/. + make) {
  inherit
    pkgs
    lib
    add
    run
    ;
}
