/**
  A text with the store paths in it as people know them: without their hashes. Those of a flake's
  source may exist nowhere, and be others next time.

  # Example

  ```nix
  hideHashes "/nix/store/9p3zxgzka2ig0y19bwkk4k7xj5dfb7r5-source/rust-toolchain.toml:2:11"
  => "/nix/store/…-source/rust-toolchain.toml:2:11"
  ```
*/
text:
let
  directory = builtins.replaceStrings [ "." "+" ] [ "[.]" "[+]" ] builtins.storeDir;
  hidden = part: if builtins.isList part then "${builtins.storeDir}/…-" else part;
in
builtins.concatStringsSep "" (
  map hidden (
    builtins.split "(${directory}/[0-9a-z]{32}-)" (builtins.unsafeDiscardStringContext text)
  )
)
