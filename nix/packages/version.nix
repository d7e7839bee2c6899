/**
  The version of the workspace.

  # Example

  ```nix
  import ./version.nix
  => "0.1.0"
  ```
*/
(builtins.fromTOML (builtins.readFile ../../Cargo.toml)).workspace.package.version
