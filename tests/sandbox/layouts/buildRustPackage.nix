/**
  nixpkgs' `buildRustPackage`, whose crates are copies in the build's directory. With `cargoHash`, as
  `fetchCargoVendor` lays them out, their folder has the version in its name, and so has the source's own, as
  that of a tarball; with `cargoLock`, as `importCargoLock` does, both have always the same name.

  # Example

  ```nix
  import ./buildRustPackage.nix { byHash = true; pkgs = …; src = name: …; vendored = nameOf: line: …; add = attrs: attrs; … }
  ```
*/
{
  byHash,
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
  name = "${pname}-${version}";
  folder = if byHash then "/source-registry-0" else "";
  copy = if byHash then "cp -r" else "ln -s";
in
pkgs.rustPlatform.buildRustPackage (add {
  inherit pname version run;
  src = src (if byHash then name else "source");
  cargoDeps = pkgs.runCommand (if byHash then "${name}-vendor" else "cargo-vendor-dir") { } ''
    mkdir -p $out${folder} $out/.cargo
    ${vendored (crate: "${crate.name}-${crate.version}") (
      crate: "${copy} ${crate.path} $out${folder}/${crate.name}-${crate.version}"
    )}
    echo '[source.crates-io]
    replace-with = "vendored-sources"
    [source.vendored-sources]
    directory = "@vendor@${folder}"' > $out/.cargo/config.toml
  '';
  cargoBuildFlags = "--workspace";
  installPhase = ''
    built=(target/*/release)
    ${installPhase}
  '';
  doCheck = false;
  dontStrip = true;
})
