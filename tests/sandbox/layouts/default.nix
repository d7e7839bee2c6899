/**
  A program and its vendored crates, as different tools lay them out in a build, each over the
  stand-in for nixpkgs.

  # Example

  ```nix
  (import ./layouts { source = "/…"; crates = "/…"; version = "1.0.0"; run = "1"; }).crane
  ```

  # Arguments

  - `source`: the program's folder.
  - `crates`: a folder with the sources of crates, one folder NAME-VERSION each.
  - `version`: of the program.
  - `settings`: the settings of withSccache, as JSON; null for a derivation without it.
  - `attributes`: further attributes of the derivation, as JSON.
  - `run`: what no other run has, so that Nix builds it although it did so before.
*/
{
  source,
  crates,
  version,
  run,
  settings ? "null",
  attributes ? "{}",
}:

let
  pkgs = import ../../nixpkgs { };

  lib = import ../../../nix/lib {
    inherit pkgs;
    shim = import ../../prebuiltShim.nix pkgs;
  };

  wanted = builtins.fromJSON settings;

  folder =
    name: path:
    builtins.path {
      inherit name;
      path = /. + path;
    };

  lock = builtins.fromTOML (builtins.readFile (/. + source + "/Cargo.lock"));

  arguments = {
    inherit pkgs version run;
    pname = "program";

    # Under the name that a tool gives it, which is part of paths in the build.
    src = name: folder name source;

    # A line of shell for each crate that the lock file names; `path` has the name that a tool gives its sources.
    vendored =
      nameOf: line:
      builtins.concatStringsSep "\n" (
        map (
          crate: line (crate // { path = folder (nameOf crate) "${crates}/${crate.name}-${crate.version}"; })
        ) (builtins.filter (crate: crate ? source) lock.package)
      );

    # The arguments of a derivation, with the cache where it is wanted.
    add =
      attrs:
      (if wanted == null then attrs: attrs else lib.withSccache wanted) (
        attrs // builtins.fromJSON attributes
      );

    # What each of them installs.
    installPhase = ''
      mkdir -p $out
      for file in "''${built:-target/release}"/{program,libexported.so,libexported.a}; do
        # Not every version has the last.
        if [[ $file != *.a || -e $file ]]; then cp "$file" $out; fi
      done
    '';
  };
in
{
  crane = import ./crane.nix arguments;
  naersk = import ./naersk.nix arguments;
  cargoHash = import ./buildRustPackage.nix (arguments // { byHash = true; });
  cargoLock = import ./buildRustPackage.nix (arguments // { byHash = false; });
}
