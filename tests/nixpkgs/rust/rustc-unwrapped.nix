/**
  What nixpkgs would have built rustc from: a stand-in for the source, as the archive that it would be.

  # Example

  ```nix
  rustc.unwrapped.src
  ```
*/
{ runCommand }:

let
  source = ./source;
  version = builtins.head (
    builtins.match "([0-9.]+).*" (builtins.readFile (source + "/src/version"))
  );
  name = "rustc-${version}-src";
in
{
  inherit version;
  src = runCommand "${name}.tar.gz" { inherit source; } ''
    cp -r $source ${name}
    tar --create --gzip --file $out ${name}
  '';
}
