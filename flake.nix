{
  description = "Warm Rust builds inside the Nix sandbox";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs =
    { nixpkgs, ... }:
    let
      eachSystem =
        f:
        nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
          system: f nixpkgs.legacyPackages.${system}
        );
    in
    {
      lib.mkLib = pkgs: pkgs.lib.makeOverridable (import ./nix/lib) { inherit pkgs; };
      overlays.default = import ./nix/overlay.nix;
      packages = eachSystem (import ./nix/packages);
      checks = eachSystem (import ./nix/checks);
    };
}
