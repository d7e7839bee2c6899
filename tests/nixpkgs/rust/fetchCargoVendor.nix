/**
  The archives of all crates that a source's Cargo.lock names, and that file: what `cargoHash` is the
  hash of. Nobody builds it here, where the sandbox has the crates in `/vendor`.

  # Example

  ```nix
  fetchCargoVendor { name = "sccache-0.19.0"; src = …; hash = "sha256-…"; }
  ```
*/
{ stdenv }:

{
  name,
  src,
  hash,
}:
stdenv.mkDerivation {
  name = "${name}-vendor-staging";
  inherit src;
  outputHashMode = "recursive";
  outputHashAlgo = "sha256";
  outputHash = hash;
  buildCommand = ''
    echo "no crates are fetched here"
    exit 1
  '';
}
