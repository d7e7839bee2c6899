/**
  The gateway's package, of the binary that `scripts/build` leaves in `target/release`.

  # Example

  ```nix
  services.nix-sccache.package = import ./prebuiltGateway.nix pkgs;
  ```
*/
pkgs:

let
  program = builtins.path {
    name = "nix-sccache-gateway";
    path = ../target/release/nix-sccache-gateway;
  };
in
pkgs.runCommand "nix-sccache-gateway" { } "install -D ${program} $out/bin/nix-sccache-gateway"
