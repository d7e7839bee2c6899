/**
  The machine's gcc, moved: it looks for itself and for libraries where it is now, so none of
  the machine's libraries is found but those that it is told of. The headers of the C library are
  the machine's.

  # Example

  ```nix
  "${gcc}/bin/gcc"
  ```
*/
{ libgcc, runCommand }:

runCommand "gcc"
  {
    passthru = {
      lib = libgcc;
      isGNU = true;
    };
  }
  ''
    # Its driver looks for the rest from where it really is.
    mkdir -p $out/bin
    cp "$(realpath /usr/bin/gcc)" $out/bin/gcc
    cp "$(realpath /usr/bin/g++)" $out/bin/g++

    own=$(dirname "$(/usr/bin/gcc -print-libgcc-file-name)")
    mkdir -p $out/lib/gcc/''${own#*/gcc/} $out/usr
    for file in "$own"/*; do ln -s "$file" $out/lib/gcc/''${own#*/gcc/}; done
    # Debian's has its programs elsewhere from 14 on.
    programs=$(dirname "$(/usr/bin/gcc -print-prog-name=cc1)")
    if [[ $programs != "$own" ]]; then
      mkdir -p $out/libexec/gcc/''${own#*/gcc/}
      ln -s "$programs"/* $out/libexec/gcc/''${own#*/gcc/}
    fi
    # These two lead to the machine's libraries.
    rm $out/lib/gcc/*/*/lib{gcc_s,stdc++}.so
    # Of C++, and of C.
    ln -s /usr/include $out/include
    ln -s /usr/include $out/usr/include
  ''
