/**
  `builtins.rust`, or an error that says how to load the plugin that has it.

  It is no `throw`: of a flake, Nix remembers that an attribute failed to evaluate, and with the plugin
  Nix 2.36 then ends with "evaluation of cached failed attribute unexpectedly succeeded". What the store
  refuses, the name of a file say, is not remembered.

  # Example

  ```nix
  (requirePlugin builtins).target "x86_64-linux"
  => "x86_64-unknown-linux-gnu"
  ```
*/
builtins:

builtins.rust or (builtins.trace ''
  this Nix has no builtins.rust: the plugin of nix-sccache is not loaded.

  Build it for this Nix${
    if builtins ? nixVersion then ", ${builtins.nixVersion}," else ""
  } by scripts/build or as the package `plugin` of nix-sccache's flake, with
  `plugin.override { nix = …; }` where that is for another, and add to nix.conf, with its path:

      plugin-files = …/libnix_sccache.so

  or, for one command, before the subcommand:

      nix --option plugin-files …/libnix_sccache.so build

  Without settings, as `withSccache { }` has it, a derivation needs no plugin.

  A build that a daemon runs needs no more: the plugin is loaded where Nix code is evaluated.
  Of nix-sccache's own flake, packages.default and checks.build need it, and nothing else does:
  `nix flake check --keep-going` looks at all the rest.
'' (builtins.toFile "this Nix has no builtins.rust: set plugin-files, as said above" ""))
