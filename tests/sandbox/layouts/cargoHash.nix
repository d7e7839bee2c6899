/**
  nixpkgs' `buildRustPackage` with `cargoHash`, as `fetchCargoVendor` lays the crates out: copies
  in the build's directory, in a folder whose name has the version in it. So has the source's own,
  as that of a tarball.

  # Example

  ```nix
  import ./cargoHash.nix { pkgs = …; src = name: …; crates = nameOf: […]; add = attrs: attrs; … }
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

let
  name = "${pname}-${version}";
in
pkgs.rustPlatform.buildRustPackage (add {
  inherit pname version run;
  src = src name;
  cargoDeps = pkgs.runCommand "${name}-vendor" { } ''
    mkdir -p $out/source-registry-0 $out/.cargo
    ${builtins.concatStringsSep "\n" (
      map (crate: "cp -r ${crate.path} $out/source-registry-0/${crate.name}-${crate.version}") (
        crates (crate: "${crate.name}-${crate.version}")
      )
    )}
    echo '[source.crates-io]
    replace-with = "vendored-sources"
    [source.vendored-sources]
    directory = "@vendor@/source-registry-0"' > $out/.cargo/config.toml
  '';
  cargoBuildFlags = "--workspace";
  installPhase = ''
    built=(target/*/release)
    ${installPhase}
  '';
  doCheck = false;
  dontStrip = true;
})
