/**
  A package of one of the machine's programs.

  # Example

  ```nix
  "${tool "xz"}/bin/xz"
  ```
*/
{ runCommand }:

name:
runCommand name { } ''
  mkdir -p $out/bin
  ln -s /usr/bin/${name} $out/bin
''
