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

# The C++ host is written for the releases that plugin/build.rs names, and there is no other host yet.
assert lib.assertMsg (lib.versions.majorMinor nix.version == "2.8") ''
  nix-sccache: the plugin serves Nix 2.8, and this is Nix ${nix.version}.
  Give another one: plugin.override { nix = …; }
'';

rustPlatform.buildRustPackage rec {
  pname = "nix-sccache-plugin";
  version = import ./version.nix;
  src = import ./source.nix;
  cargoLock.lockFile = ../../Cargo.lock;
  cargoBuildFlags = [
    "--package"
    pname
  ];
  buildFeatures = [ "cxx-host" ];

  nativeBuildInputs = [ pkg-config ];
  buildInputs = [
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
