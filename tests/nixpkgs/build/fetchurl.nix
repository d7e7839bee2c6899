/**
  One file, by its hash: from the network, or from a directory that the sandbox mounts.

  # Example

  ```nix
  fetchurl {
    url = "file:///dist/dist/2026-04-16/cargo-1.95.0-x86_64-unknown-linux-gnu.tar.xz";
    hash = "sha256-…";
  }
  ```
*/
{ curl, stdenv }:

{
  url ? builtins.head urls,
  urls ? [ url ],
  hash ? "",
  sha256 ? "",
  name ? baseNameOf url,
}:
stdenv.mkDerivation {
  inherit name urls;
  nativeBuildInputs = [ curl ];
  outputHashAlgo = "sha256";
  outputHash = if hash != "" then hash else sha256;
  buildCommand = ''
    for url in $urls; do
      if curl --fail --location --silent --show-error --output $out "$url"; then exit; fi
    done
    exit 1
  '';
}
