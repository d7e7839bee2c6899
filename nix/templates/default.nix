/**
  What `nix flake init -t` makes.

  # Example

  ```sh
  nix flake init -t FLAKE#nixos
  ```
*/
let
  project = {
    path = ./project;
    description = "A Rust project that is built through the compiler cache";
    welcomeText = ''
      `nix build` needs the plugin: see docs/src/install-plugin.md in nix-sccache. In flake.nix, write the
      address that you gave `nix flake init` as the input nix-sccache.
    '';
  };
in
{
  inherit project;
  default = project;

  nixos = {
    path = ./nixos;
    description = "A NixOS machine with the compiler cache for all of its builds";
    welcomeText = ''
      In flake.nix, write the address that you gave `nix flake init` as the input nix-sccache, and put
      your machine's own configuration in the place of configuration.nix.
    '';
  };

  rustc = {
    path = ./rustc;
    description = "rustc by x.py through the compiler cache, from a flake of its source, and a shell for it";
    welcomeText = ''
      In flake.nix, write the address that you gave `nix flake init` as the input nix-sccache, and the
      flakes that you have as the other three.
    '';
  };
}
