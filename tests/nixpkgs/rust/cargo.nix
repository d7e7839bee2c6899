/**
  cargo of the machine's Rust toolchain.

  # Example

  ```nix
  "${cargo}/bin/cargo"
  ```
*/
{ runCommand }:

runCommand "cargo" { } ''
  mkdir -p $out/bin
  ln -s /rust/bin/cargo $out/bin
''
