/**
  A platform, as `lib.systems.elaborate` tells of it.

  # Example

  ```nix
  (import ./platform.nix "x86_64-linux").rust.rustcTarget
  ```
*/
system:

let
  triple = builtins.replaceStrings [ "-" ] [ "-unknown-" ] system + "-gnu";
in
{
  inherit system;
  isDarwin = false;
  isElf = true;
  isGnu = true;
  isLinux = true;
  isx86_64 = builtins.match "x86_64-.*" system != null;
  config = triple;
  rust.rustcTarget = triple;
}
