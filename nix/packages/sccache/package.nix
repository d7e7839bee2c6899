/**
  sccache of crates.io, for a nixpkgs whose own is older or newer than what builds and the gateway
  speak.

  # Example

  ```nix
  pkgs.callPackage ./package.nix { }
  ```
*/
{
  fetchCrate,
  lib,
  rustc,
  rustPlatform,
}:

let
  pname = "sccache";
  version = "0.19.0";
  rustVersion = rustc.version or null;
in

assert lib.assertMsg (rustVersion == null || !lib.versionOlder rustVersion "1.91") ''
  nix-sccache: sccache ${version} is built by Rust 1.91 or later, and nixpkgs' rustc is ${rustVersion}.
  Give another sccache, of 0.17 to 0.19, or the rustPlatform of a later toolchain:
  sccache.override { rustc = …; rustPlatform = …; }
'';

rustPlatform.buildRustPackage {
  inherit pname version;

  src = fetchCrate {
    inherit pname version;
    hash = "sha256-aNiT9mvE2TMNghmlQq4ps/3osbquNP43hUdtmp7SwRQ=";
  };
  cargoHash = "sha256-cXiNwQZDwV6WkZBRFbMnmQbUcAmuV5XfjAQoQGJpxns=";

  # They start servers, and ask the network.
  doCheck = false;

  meta = {
    description = "A compiler cache with storage in the cloud";
    homepage = "https://github.com/mozilla/sccache";
    changelog = "https://github.com/mozilla/sccache/releases/tag/v${version}";
    license = lib.licenses.asl20;
    mainProgram = "sccache";
  };
}
