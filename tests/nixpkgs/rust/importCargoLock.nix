/**
  The sources of all crates that a Cargo.lock names, as nixpkgs' function of that name has
  them: one directory of links. Crates of crates.io only.

  # Example

  ```nix
  importCargoLock { lockFile = ./Cargo.lock; }
  ```
*/
{ runCommand }:

{ lockFile }:
let
  crates =
    builtins.filter (crate: crate ? source)
      (builtins.fromTOML (builtins.readFile lockFile)).package;
in
runCommand "cargo-vendor-dir"
  {
    crates = map (crate: "${crate.name}-${crate.version}") crates;
    inherit lockFile;
  }
  ''
    mkdir -p $out/.cargo
    cp $lockFile $out/Cargo.lock
    for crate in $crates; do
      ln -s /vendor/$crate $out/$crate
    done
    echo '[source.crates-io]
    replace-with = "vendored-sources"
    [source.vendored-sources]
    directory = "cargo-vendor-dir"' > $out/.cargo/config.toml
  ''
