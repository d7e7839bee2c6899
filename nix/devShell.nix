/**
  The environment to work on a rustc source in, by hand, with the shim and the command
  `nix-sccache`.

  # Example

  ```nix
  import ./devShell.nix { inherit pkgs rustToolchain shim tool; }
  ```
*/
{
  pkgs,
  rustToolchain,
  shim,
  tool,
}:

pkgs.mkShell {
  packages = [
    rustToolchain
    pkgs.python3
    pkgs.python3Packages.pip
    pkgs.git
    pkgs.curl
    pkgs.which
    shim
    tool
  ];

  nativeBuildInputs = with pkgs; [
    binutils
    cmake
    ninja
    pkg-config
    nix
  ];

  buildInputs = [
    pkgs.openssl
    pkgs.glibc.out
    pkgs.glibc.static
  ];

  # A compiler that fails leaves no file about it.
  RUSTC_ICE = "0";

  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.stdenv.cc.cc.lib ];

  shellHook = ''
    export HOME=$TMPDIR
    export CARGO_HOME=$HOME/.cargo
    mkdir -p "$CARGO_HOME"
  '';
}
