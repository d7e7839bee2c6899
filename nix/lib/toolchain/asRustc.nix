/**
  The attributes that nixpkgs reads from a rustc: `buildRustPackage` derives the `meta` of packages from
  them.

  The platforms of nixpkgs' own rustc are assumed for any other, as rust-overlay does: a platform too
  many is an error of rustc's when it is used, one too few keeps packages from being evaluated.

  # Example

  ```nix
  asRustc { inherit (rustc) targetPlatforms; }
  ```

  # Arguments

  - a rustc, or any set, whose own attributes of these names have precedence.
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
