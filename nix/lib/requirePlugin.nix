/**
  `builtins.rust`, or an error that says how to load the plugin that has it.

  # Example

  ```nix
  (requirePlugin builtins).target "x86_64-linux"
  => "x86_64-unknown-linux-gnu"
  ```
*/
builtins:

builtins.rust or (throw ''
  this Nix has no builtins.rust: the plugin of nix-sccache is not loaded.

  Build it with scripts/build, or as the package `plugin` of nix-sccache's flake, for this Nix, and
  add to nix.conf, with its path:

      plugin-files = …/libnix_sccache.so

  or, for one command, before the subcommand:

      nix --option plugin-files …/libnix_sccache.so build

  A build that a daemon runs needs no more: the plugin is loaded where Nix code is evaluated.
'')
