/**
  crane's `buildPackage`: the crates are links to store paths, by way of one that has the lock
  file's hash in its name; the dependencies are built before, with a source that is none, and the
  next derivation goes on with what came of that.

  # Example

  ```nix
  import ./crane.nix { pkgs = …; src = name: …; vendored = nameOf: line: …; add = attrs: attrs; … }
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
  registry = "nix-sources-c19b7c6f923b580ac259164a89f2577984ad5ab09ee9d583b888f934adbbe8d0";

  vendorRegistry = pkgs.runCommand "vendor-registry" { } ''
    mkdir -p $out
    ${vendored (crate: "cargo-package-${crate.name}-${crate.version}") (
      crate: "ln -s ${crate.path} $out/${crate.name}-${crate.version}"
    )}
  '';

  vendorCargoDeps = pkgs.runCommand "vendor-cargo-deps" { } ''
    mkdir -p $out
    ln -s ${vendorRegistry} $out/${registry}
    cat > $out/config.toml <<EOF
    [source.${registry}]
    directory = "$out/${registry}"
    [source.crates-io]
    replace-with = "${registry}"
    EOF
  '';

  # A source that has a name of its own, which the folder of the build then has.
  name = "program-source";

  # With nothing of the program in it that its dependencies do not need.
  dummySrc = pkgs.runCommand name { original = src name; } ''
    cp -r --no-preserve=mode $original $out
    cd $out
    for main in $(find . -path '*/src/main.rs'); do echo 'fn main() {}' > $main; done
    for lib in $(find . -path '*/src/lib.rs'); do : > $lib; done
  '';

  derivation =
    attrs:
    pkgs.stdenv.mkDerivation (
      add (
        {
          inherit version run;
          cargoVendorDir = vendorCargoDeps;
          nativeBuildInputs = [
            pkgs.rustc
            pkgs.cargo
          ];
          postPatch = ''
            export CARGO_HOME=$PWD/.cargo-home CARGO_BUILD_INCREMENTAL=false
            mkdir -p $CARGO_HOME
            if [[ -n $cargoArtifacts ]]; then tar xf $cargoArtifacts/target.tar; fi
          '';
          configurePhase = "cat $cargoVendorDir/config.toml >> $CARGO_HOME/config.toml";
          buildPhase = "cargo build --release --locked --workspace";
          dontStrip = true;
        }
        // attrs
      )
    );
in
derivation {
  inherit pname installPhase;
  src = src name;
  cargoArtifacts = derivation {
    pname = "${pname}-deps";
    src = dummySrc;
    cargoArtifacts = "";
    installPhase = ''
      mkdir -p $out
      tar --sort=name --mtime=@1 --owner=0 --group=0 -cf $out/target.tar target
    '';
  };
}
