/**
  A package with copies of the machine's shared libraries: what is linked with it has no need of
  the machine's own.

  # Example

  ```nix
  "${libraries "zlib" [ "libz.so.1" ]}/lib/libz.so.1"
  ```
*/
{ runCommand }:

name: files:
runCommand name { inherit files; } ''
  mkdir -p $out/lib
  # Where the machine has them, the compiler knows.
  cd "$(dirname "$(cc -print-file-name=libc.so.6)")"
  cp --dereference $files $out/lib
''
