/**
  What nixpkgs reads of a rustc, beside its programs: `buildRustPackage` makes the `meta` of packages
  of it.

  Which platforms nixpkgs' own rustc compiles for is said of any other, as rust-overlay does: a
  platform too many costs a message of rustc's, one too few keeps packages from being evaluated.

  # Example

  ```nix
  asRustc { inherit (rustc) targetPlatforms; }
  ```

  # Arguments

  - a rustc, or any set, whose own attributes of these names win.
*/
pkgs:

package:
let
  inherit (pkgs.buildPackages) lib;
  rustc = pkgs.buildPackages.rustc or { };
  ofEither = name: default: package.${name} or rustc.${name} or default;
in
{
  targetPlatforms = ofEither "targetPlatforms" lib.platforms.all;
  targetPlatformsWithHostTools = ofEither "targetPlatformsWithHostTools" lib.platforms.all;
  tier1TargetPlatforms = ofEither "tier1TargetPlatforms" lib.platforms.all;
  badTargetPlatforms = ofEither "badTargetPlatforms" [ ];
}
