/**
  A program, built by the real code of each builder over real nixpkgs code.

  # Example

  ```nix
  (import ./. { directories = "{ … }"; settings = "{}"; run = "1"; }).crane.buildPackage
  ```

  # Arguments

  - `directories`: what `run` was given and made, as JSON: `corepkgs`, `lib`, `rust` and `version`, `crates`, `dist`,
    `tools`, `stamp`, and the sources of builders by their names.
  - `settings`: the settings of withSccache, as JSON; null for derivations without it.
  - `run`: what no other run has, so that Nix builds it although it did so before.
*/
{
  directories,
  run,
  settings ? "null",
}:

let
  given = builtins.fromJSON directories;
  wanted = builtins.fromJSON settings;

  path = name: /. + given.${name};

  debian = import ./debian {
    lib = import (path "lib");
    inherit (given) stamp;
  };

  # The arguments of nixpkgs itself, by which a cross set is made, too.
  pkgs = import (path "corepkgs" + "/stdenv/impure.nix") {
    system = "x86_64-linux";
    stdenvStages = import ./stdenv.nix {
      corepkgs = path "corepkgs";
      inherit debian;
      packages = import ./packages.nix {
        corepkgs = path "corepkgs";
        inherit (given)
          crates
          dist
          rust
          tools
          version
          ;
      };
    };
  };

  shim = import ../prebuiltShim.nix pkgs;
  productOf = pkgs: import ../../nix/lib { inherit pkgs shim; };
  product = productOf pkgs;

  arguments = {
    inherit
      pkgs
      product
      productOf
      run
      ;
    inherit (given) dist version;

    # The source of a builder, or null where it was not given.
    source = name: if given ? ${name} then path name else null;

    # The arguments of a derivation, or one, with the cache where it is wanted.
    add = if wanted == null then attrs: attrs else product.withSccache wanted;

    directory = given.project or ./project;
    project = builtins.path {
      name = "source";
      path = arguments.directory;
      filter = path: _: baseNameOf path != "target";
    };
  };

  builders = builtins.listToAttrs (
    map (file: rec {
      name = builtins.head (builtins.match "(.*)\\.nix" file);
      value = import (./builders + "/${file}") arguments;
    }) (builtins.attrNames (builtins.readDir ./builders))
  );
in
{
  inherit pkgs builders;

  # What is there before any of them is built: `copied` in a sandbox with the machine's /usr.
  copied = builtins.attrValues (removeAttrs debian [ "copy" ]);
  inputs = [
    pkgs.rustc
    pkgs.cargo
    pkgs.clippy
    pkgs.cargo-auditable
    pkgs.sccache
    shim
  ];
  # What `--every-build` mounts.
  everyBuild = pkgs.callPackage ../../nix/packages/everyBuild.nix {
    inherit shim;
    verify = null;
  };
  shell = "${debian.bash}/bin/bash";
  libc = "${debian.glibc}/lib";

  # BUILDER.WHAT, in order.
  names = builtins.concatMap (
    builder: map (what: "${builder}.${what}") (builtins.attrNames builders.${builder})
  ) (builtins.attrNames builders);
}
