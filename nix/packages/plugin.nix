/**
  The plugin, for one Nix: a Nix of another version needs a build of its own.

  # Example

  ```nix
  pkgs.callPackage ./plugin.nix { nix = pkgs.nixVersions.latest; }
  ```
*/
{
  boehmgc,
  boost,
  lib,
  nix,
  nlohmann_json,
  pkg-config,
  rustPlatform,
}:

let
  # From then on the C API serves, which needs no headers.
  cxxHost = !lib.versionAtLeast nix.version "2.34.1";
in
rustPlatform.buildRustPackage rec {
  pname = "nix-sccache-plugin";
  version = import ./version.nix;
  src = import ./source.nix;
  cargoLock.lockFile = ../../Cargo.lock;
  cargoBuildFlags = [
    "--package"
    pname
  ];
  buildFeatures = lib.optional cxxHost "cxx-host";

  nativeBuildInputs = [ pkg-config ];
  buildInputs = lib.optionals cxxHost [
    boehmgc
    boost
    nix
    nlohmann_json
  ];

  # A symbol that this Nix lacks must not keep the plugin from loading and saying so.
  hardeningDisable = [ "bindnow" ];

  # They are run in the repository, with a Nix and an sccache.
  doCheck = false;

  postInstall = ''
    mkdir -p $out/lib/nix/plugins
    mv $out/lib/libnix_sccache.so $out/lib/nix/plugins
  '';

  meta = {
    description = "The Nix plugin of nix-sccache: adds builtins.rust";
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
  };
}
