/**
  `builtins.rust`, or an error that says how to load the plugin that has it.

  It is no `throw`: of a flake, Nix remembers that an attribute failed to evaluate, and from 2.14 or so on
  says so even when it would succeed, with the plugin. It forgets what another part of it refuses.

  # Example

  ```nix
  (requirePlugin builtins).target "x86_64-linux"
  => "x86_64-unknown-linux-gnu"
  ```
*/
builtins:

builtins.rust or (builtins.toFile ''


  this Nix has no builtins.rust: the plugin of nix-sccache is not loaded.

  Build it for this Nix${
    if builtins ? nixVersion then ", ${builtins.nixVersion}," else ""
  } by scripts/build or as the package `plugin` of nix-sccache's flake, with
  `plugin.override { nix = …; }` where that is for another, and add to nix.conf, with its path:

      plugin-files = …/libnix_sccache.so

  or, for one command, before the subcommand:

      nix --option plugin-files …/libnix_sccache.so build

  A build that a daemon runs needs no more: the plugin is loaded where Nix code is evaluated.
  Of nix-sccache's own flake, packages.default and checks.build need it, and nothing else does:
  `nix flake check --keep-going` looks at all the rest.

  So that no evaluation cache remembers it, this stands in the name of a file, which'' "")
