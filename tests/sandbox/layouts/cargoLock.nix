/**
  nixpkgs' `buildRustPackage` with `cargoLock`, as `importCargoLock` lays the crates out: copies in
  the build's directory, in a folder that has always the same name.

  # Example

  ```nix
  import ./cargoLock.nix { pkgs = …; src = name: …; crates = nameOf: […]; add = attrs: attrs; … }
  ```
*/
{
  pkgs,
  pname,
  version,
  run,
  src,
  crates,
  add,
  installPhase,
}:

pkgs.rustPlatform.buildRustPackage (add {
  inherit pname version run;
  src = src "source";
  cargoDeps = pkgs.runCommand "cargo-vendor-dir" { } ''
    mkdir -p $out/.cargo
    ${builtins.concatStringsSep "\n" (
      map (crate: "ln -s ${crate.path} $out/${crate.name}-${crate.version}") (
        crates (crate: "${crate.name}-${crate.version}")
      )
    )}
    echo '[source.crates-io]
    replace-with = "vendored-sources"
    [source.vendored-sources]
    directory = "@vendor@"' > $out/.cargo/config.toml
  '';
  cargoBuildFlags = "--workspace";
  installPhase = ''
    built=(target/*/release)
    ${installPhase}
  '';
  doCheck = false;
  dontStrip = true;
})
