/**
  naersk's `buildPackage`: the crates are folders of links in one store path, which has the lock
  file's hash in its name and stands in rustc's flags, too.

  # Example

  ```nix
  import ./naersk.nix { pkgs = …; src = name: …; vendored = nameOf: line: …; add = attrs: attrs; … }
  ```
*/
{
  pkgs,
  pname,
  version,
  run,
  src,
  vendored,
  add,
  installPhase,
}:

let
  # lndir makes real folders of links, as `cp --symbolic-link` does.
  cratesIoDependencies = pkgs.runCommand "crates-io-dependencies" { } ''
    mkdir -p $out
    ${vendored (crate: "unpack-${crate.name}-${crate.version}") (
      crate:
      "cp --recursive --symbolic-link --no-preserve=mode ${crate.path} $out/${crate.name}-${crate.version}-${crate.checksum}"
    )}
  '';
in
pkgs.stdenv.mkDerivation (add {
  inherit version run installPhase;
  name = "${pname}-${version}";
  src = src "source";
  cratesio_sources = cratesIoDependencies;
  nativeBuildInputs = [
    pkgs.rustc
    pkgs.cargo
  ];
  RUSTC = "${pkgs.rustc}/bin/rustc";
  configurePhase = ''
    export CARGO_BUILD_RUSTFLAGS=" --remap-path-prefix $cratesio_sources=/sources"
    export CARGO_HOME=$PWD/.cargo-home
    mkdir -p $CARGO_HOME
    printf '[source.crates-io]\ndirectory = "%s"\n' $cratesio_sources > $CARGO_HOME/config.toml
  '';
  buildPhase = "cargo build --release --workspace";
  dontStrip = true;
})
