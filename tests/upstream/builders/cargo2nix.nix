/**
  cargo2nix: one derivation a crate, which calls cargo, by a rustc of its own in front of the toolchain's. The
  crates are those that an example of its own locks.

  # Example

  ```nix
  (import ./cargo2nix.nix { pkgs = …; source = _: /…; add = attrs: attrs; … }).memchr
  ```
*/
{
  pkgs,
  product,
  add,
  run,
  source,
  ...
}:

let
  example = source "cargo2nix" + "/examples/2-bigger-project";

  packages = pkgs.extend (import (source "cargo2nix" + "/overlay") (_: _: { })).cargo2nix;

  crates = packages.rustBuilder.makePackageSet {
    rustToolchain = product.fromPaths { inherit (pkgs) rustc cargo; };
    packageFun = import (example + "/Cargo.nix");
    workspaceSrc = example;
    packageOverrides =
      pkgs:
      pkgs.rustBuilder.overrides.all
      ++ [
        (pkgs.rustBuilder.rustLib.makeOverride {
          overrideAttrs = attrs: add (attrs // { inherit run; });
        })
      ];
  };
  registry = crates."registry+https://github.com/rust-lang/crates.io-index";
in
if source "cargo2nix" == null then
  { }
else
  {
    "a crate" = registry.memchr."2.6.4" { };
    "a crate that has dependencies" = registry.syn."2.0.38" { };
  }
