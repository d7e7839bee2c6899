/**
  The C compilers that rustc calls to link, as inputs that a toolchain propagates to derivations that
  have it among their `nativeBuildInputs`.

  # Example

  ```nix
  stdenv.mkDerivation (import ./linkers.nix pkgs // { … })
  ```
*/
pkgs:

{
  # For build scripts and procedural macros.
  depsHostHostPropagated = [ pkgs.buildPackages.stdenv.cc ];

  # For what is built.
  propagatedBuildInputs = [ pkgs.stdenv.cc ];
}
