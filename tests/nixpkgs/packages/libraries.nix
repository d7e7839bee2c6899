/**
  A package with copies of the machine's libraries, to link with and to run on: what is linked with
  it has no need of the machine's own.

  # Example

  ```nix
  "${libraries "zlib" [ "libz.so.1" ]}/lib/libz.so"
  ```

  # Arguments

  - the package's name.
  - the files, as shell patterns. A library that a program loads, `libz.so.1`, is there for the
    linker as well, `libz.so`.
*/
{ runCommand }:

name: files:
runCommand name { inherit files; } ''
  mkdir -p $out/lib
  # Where the machine has them, its compiler knows.
  cd "$(dirname "$(/usr/bin/gcc -print-file-name=libc.so.6)")"
  cp --dereference $files $out/lib
  cd $out/lib
  for file in lib*.so.*; do
    if [[ ! -e ''${file%%.so.*}.so && ! -e ''${file%%.so.*}.a ]]; then ln -s $file ''${file%%.so.*}.so; fi
  done
  # Some are scripts for the linker, with the machine's paths in them.
  for file in lib*.so lib*.a; do
    if [[ -f $file && ! -L $file && $(head --bytes=9 $file | tr -d "\0") == '/* GNU ld' ]]; then
      sed --in-place "s|/[^ ]*/|$out/lib/|g" $file
    fi
  done
''
