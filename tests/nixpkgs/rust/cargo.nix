/**
  cargo of the machine's Rust toolchain.

  # Example

  ```nix
  "${cargo}/bin/cargo"
  ```
*/
{ runCommand, rustToolchain }:

runCommand "cargo" { } ''
  mkdir -p $out/bin
  ln -s ${rustToolchain}/bin/cargo $out/bin
''
