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
  inherit (import ../packages pkgs) tool;
in
pkgs.rustPlatform.buildRustPackage (
  withSccache { transport = "ephemeral"; } {
    pname = "hello";
    version = "1.0.0";
    src = ./hello;
    cargoLock.lockFile = ./hello/Cargo.lock;
    nativeBuildInputs = [ tool ];
    # The library's compilation went through the shim, and was looked for.
    postBuild = ''
      nix-sccache report | grep 'misses [1-9]'
    '';
    doInstallCheck = true;
    postInstallCheck = ''
      [[ $($out/bin/hello) == "hello, world" ]]
    '';
  }
)
