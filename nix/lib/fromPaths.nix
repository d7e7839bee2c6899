/**
  A Rust toolchain of packages that are there already: nixpkgs' own rustc and cargo, or a
  toolchain of rust-overlay's or fenix's as both. It brings the C compiler that rustc links with.

  # Example

  ```nix
  fromPaths { inherit (pkgs) rustc cargo clippy rustfmt; }

  fromPaths {
    rustc = pkgs.rust-bin.stable.latest.default;
    cargo = pkgs.rust-bin.stable.latest.default;
  }
  ```

  # Arguments

  - `rustc`, `cargo`: packages with programs of these names in `bin`. Where both say their version,
    they must be of one release.
  - any more, by any name: all programs in `bin` come along. Of two that have the same program, the
    one that is named like it wins.

  # Attributes of the result

  - `components`: the packages.
  - `version`, `channel`, `date`, `host`, `targets`: rustc's own, or null.
*/
{ pkgs }:

{ rustc, cargo, ... }@components:
let
  inherit (pkgs.buildPackages) lib stdenv;

  versionOf = package: package.version or null;

  # Which release a version is of: "1.95", or a nightly's date; null for what is neither. Cargo's
  # own number is one ahead: 0.96 is the cargo of Rust 1.95.
  releaseOf =
    version:
    let
      day = builtins.match "([0-9]{4}-[0-9]{2}-[0-9]{2})" version;
      numbers = builtins.match "([0-9]+)\\.([0-9]{1,9})([^0-9].*)?" version;
      major = builtins.elemAt numbers 0;
      minor = builtins.elemAt numbers 1;
    in
    if version == null then
      null
    else if day != null then
      { date = builtins.head day; }
    else if numbers == null then
      null
    else if major == "0" then
      { number = "1.${toString (builtins.fromJSON minor - 1)}"; }
    else
      { number = "${major}.${minor}"; };

  ofRustc = releaseOf (versionOf rustc);
  ofCargo = releaseOf (versionOf cargo);

  # A date and a number cannot be compared.
  isComparable =
    ofRustc != null && ofCargo != null && builtins.attrNames ofRustc == builtins.attrNames ofCargo;
in
if isComparable && ofRustc != ofCargo then
  throw ''
    fromPaths: rustc is ${rustc.version} and cargo is ${cargo.version}, which are not of one release of Rust.
    Take both from the same toolchain.
  ''
else
  stdenv.mkDerivation (
    import ./toolchain/linkers.nix pkgs
    // {
      name = "rust" + (if versionOf rustc == null then "" else "-${rustc.version}");

      names = builtins.attrNames components;
      paths = map lib.getBin (builtins.attrValues components);

      dontUnpack = true;
      dontConfigure = true;
      dontBuild = true;
      installPhase = ''
        runHook preInstall
        mkdir -p $out/bin
        for path in $paths; do
          for program in "$path"/bin/*; do
            if [[ ! -e $out/bin/''${program##*/} ]]; then ln -s "$program" $out/bin; fi
          done
        done
        set -- $paths
        for name in $names; do
          if [[ -e $1/bin/$name ]]; then ln -sf "$1/bin/$name" $out/bin; fi
          shift
        done
        for name in rustc cargo; do
          if [[ ! -e $out/bin/$name ]]; then
            echo "fromPaths: none of these packages has bin/$name: $paths" >&2
            exit 1
          fi
        done
        runHook postInstall
      '';

      passthru = {
        inherit components;
        version = versionOf rustc;
        channel = rustc.channel or null;
        date = rustc.date or null;
        host = rustc.host or null;
        targets = rustc.targets or null;
      };
      meta.mainProgram = "rustc";
    }
  )
