/**
  nixpkgs' `buildRustCrate`, one derivation a crate, which calls rustc without cargo.

  # Example

  ```nix
  (import ./buildRustCrate.nix { pkgs = …; add = attrs: attrs; … }).crate
  ```
*/
{
  pkgs,
  add,
  project,
  run,
  ...
}:

let
  lock = builtins.fromTOML (builtins.readFile (project + "/Cargo.lock"));

  # Of crates.io, by the lock file.
  crate =
    name: attrs:
    let
      inherit (builtins.head (builtins.filter (package: package.name == name) lock.package))
        version
        checksum
        ;
    in
    add (
      (pkgs.buildRustCrate (
        {
          crateName = name;
          inherit version;
          edition = "2021";
          src = pkgs.fetchurl {
            url = "https://static.crates.io/crates/${name}/${name}-${version}.crate";
            sha256 = checksum;
            name = "${name}-${version}.tar.gz";
          };
        }
        // attrs
      )).overrideAttrs
        { inherit run; }
    );

  proc-macro2 = crate "proc-macro2" {
    features = [ "proc-macro" ];
    dependencies = [ unicode-ident ];
  };
  unicode-ident = crate "unicode-ident" { };
in
{
  crate = crate "memchr" {
    features = [
      "alloc"
      "std"
    ];
  };
  "crate with a build script" = proc-macro2;
}
