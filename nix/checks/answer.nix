/**
  What `builtins.rust.toolchain` answers, for the checks: some attributes, and components by name,
  target and package, whose name is by default the component's.

  # Example

  ```nix
  import ./answer.nix pkgs { channel = "nightly"; } [
    { name = "clippy"; target = "x86_64-unknown-linux-gnu"; package = "clippy-preview"; }
  ]
  ```
*/
pkgs: attributes: components:

let
  host = pkgs.stdenv.hostPlatform.rust.rustcTarget;
in
{
  inherit host;
  channel = "1.95.0";
  commit = null;
  date = "2026-04-16";
  path = null;
  profile = "minimal";
  renamed = { };
  targets = [ host ];
  unavailable = [ ];
  version = "1.95.0";
  warnings = [ ];
  components = map (
    component:
    let
      archive =
        component.name
        + (if component.target == null then "-1.95.0" else "-1.95.0-${component.target}")
        + ".tar.xz";
    in
    {
      package = component.name;
      version = "1.95.0";
      url = "https://example.org/dist/2026-04-16/${archive}";
      hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    }
    // component
  ) components;
}
// attributes
