/**
  The unpacked source of a crate of crates.io.

  # Example

  ```nix
  fetchCrate { pname = "sccache"; version = "0.19.0"; hash = "sha256-…"; }
  ```
*/
{ curl, stdenv }:

{
  pname,
  version,
  hash,
}:
stdenv.mkDerivation {
  name = "${pname}-${version}.tar.gz";
  url = "https://crates.io/api/v1/crates/${pname}/${version}/download";
  nativeBuildInputs = [ curl ];
  outputHashMode = "recursive";
  outputHashAlgo = "sha256";
  outputHash = hash;
  buildCommand = ''
    mkdir $out
    curl --fail --location --silent --show-error $url | tar xz --strip-components 1 --directory $out
  '';
}
