/**
  A Rust toolchain of existing packages: nixpkgs' own rustc and cargo, or a toolchain of rust-overlay or
  fenix as both. It brings the C compiler that rustc links with. Where rustc has a linker of its own
  without a wrapper, as in fenix' toolchains, nixpkgs' wrapper is put in front of it, so that what it
  links finds the libraries of `buildInputs`.

  # Example

  ```nix
  fromPaths { inherit (pkgs) rustc cargo clippy rustfmt; }

  fromPaths {
    rustc = pkgs.rust-bin.stable.latest.default;
    cargo = pkgs.rust-bin.stable.latest.default;
  }
  ```

  # Arguments

  - `rustc`, `cargo`: packages with programs of these names in `bin`. Where both tell their release, it
    must be the same.
  - further packages, by any name: all programs in their `bin` are included. Where two have the same
    program, the package that is named like it wins.

  # Attributes of the result

  - `components`: the packages.
  - `version`, `channel`, `date`, `host`, `targets`: rustc's own, or null.
  - what nixpkgs reads from a rustc: it can be both arguments of `makeRustPlatform`.
*/
{ pkgs }:

{ rustc, cargo, ... }@components:
let
  inherit (pkgs.buildPackages) lib patchelf stdenv;

  release = import ./release.nix;
  asRustc = import ../toolchain/asRustc.nix pkgs;

  ofRustc = release rustc;
  ofCargo = release cargo;

  # What both say. A date and a number cannot be compared.
  differs =
    name: ofRustc.${name} != null && ofCargo.${name} != null && ofRustc.${name} != ofCargo.${name};

  told =
    release:
    toString release.version + (if release.channel == null then "" else " (${release.channel})");

  # In pkgsCross, those that run where they are used, as in nativeBuildInputs.
  native = package: package.__spliced.buildHost or package;

  joined = stdenv.mkDerivation (
    import ../toolchain/linkers.nix pkgs
    // import ../toolchain/lld.nix pkgs
    // {
      name = "rust" + (if ofRustc.version == null then "" else "-${ofRustc.version}");

      names = builtins.attrNames components;
      paths = map (package: lib.getBin (native package)) (builtins.attrValues components);

      nativeBuildInputs = lib.optional stdenv.hostPlatform.isLinux patchelf;

      dontUnpack = true;
      dontConfigure = true;
      dontBuild = true;
      dontStrip = true;
      dontPatchELF = true;
      installPhase = ''
        runHook preInstall
        source ${../toolchain/sysroot.sh}
        source ${./join.sh}
        joinPrograms
        takeSysroot
        runHook postInstall
      '';

      passthru = asRustc rustc // {
        inherit components;
        inherit (ofRustc) version;
        channel = rustc.channel or null;
        date = rustc.date or null;
        host = rustc.host or null;
        targets = rustc.targets or null;
        unwrapped = rustc.unwrapped or joined;
      };
      meta = {
        description = "The Rust toolchain";
        mainProgram = "rustc";
        platforms = lib.platforms.all;
      };
    }
  );
in
if
  builtins.any differs [
    "channel"
    "date"
    "number"
  ]
then
  throw ''
    fromPaths: rustc is ${told ofRustc} and cargo is ${told ofCargo}, which are not of one release of Rust.
    Take both from the same toolchain.
  ''
else
  joined
