/**
  Whether these settings of `sccacheEnv` are more than the packages: then the plugin has to check them, and to make the
  environment of them.

  # Example

  ```nix
  needsPlugin { transport = "ephemeral"; }
  => true
  ```
*/
settings:

builtins.removeAttrs settings [
  "sccache"
  "shim"
] != { }
