/**
  The environment to work on this project in: `nix develop .#contributing`.

  # Example

  ```nix
  import ./contributingShell.nix { inherit pkgs; }
  ```
*/
{ pkgs }:

pkgs.mkShell {
  packages = with pkgs; [
    cargo
    clippy
    curl
    git
    hyperfine
    nix
    nixfmt
    pkg-config
    python3
    redis
    rustc
    rustfmt
    (import ./packages/sccache pkgs)
    shellcheck
  ];

  # For the plugin's C++ host.
  buildInputs = with pkgs; [
    boehmgc
    boost
    nix
    nlohmann_json
  ];

  # What scripts/build links the shim with, on x86_64. No input: the plugin's compiler would find its headers.
  ${if pkgs.stdenv.hostPlatform.isx86_64 then "NIX_SCCACHE_MUSL" else null} = "${pkgs.musl}/lib";
}
