/**
  A small crate, built through the cache of a session.

  # Example

  ```nix
  import ./build.nix pkgs
  ```
*/
pkgs:

let
  inherit (import ../lib { inherit pkgs; }) withSccache;
in
pkgs.rustPlatform.buildRustPackage (
  withSccache { transport = "ephemeral"; } {
    pname = "hello";
    version = "1.0.0";
    src = ./hello;
    cargoLock.lockFile = ./hello/Cargo.lock;
    postBuild = ''
      echo "session: ''${NIX_SCCACHE_SESSION:?the setup hook began none}"
    '';
    doInstallCheck = true;
    postInstallCheck = ''
      [[ $($out/bin/hello) == "hello, world" ]]
    '';
  }
)
