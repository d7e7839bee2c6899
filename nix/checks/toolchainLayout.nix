/**
  A toolchain of small archives: where it has what is in them, and which programs are changed.

  # Example

  ```nix
  import ./toolchainLayout.nix pkgs
  ```
*/
pkgs:

let
  inherit (pkgs) lib;
  host = pkgs.stdenv.hostPlatform.rust.rustcTarget;
  wasm = "wasm32-unknown-unknown";

  # Nobody has such a loader.
  compile = "cc -x c - -Wl,-rpath,'$ORIGIN/../lib' -Wl,--dynamic-linker=/lib/loader";
  program = "echo 'int main(void) { return 0; }' | ${compile} -o";
  library = "echo 'int one(void) { return 1; }' | ${compile} -shared -fPIC -o";

  # A linker that says what it is asked for.
  saying = "printf '%s\\n' '#include <stdio.h>' 'int main(int n, char **words) { while (*++words) puts(*words); return 0; }'";

  # What is in each archive: shell code that runs in the component's directory.
  contents = {
    "rustc-1.95.0-${host}".rustc = ''
      mkdir -p bin lib/rustlib/${host}/bin/gcc-ld
      ${program} bin/rustc
      ${library} lib/librustc_driver-1.so
      ${library} lib/libLLVM.so.1-rust
      ${program} lib/rustlib/${host}/bin/rust-lld
      ${saying} > lib/rustlib/${host}/bin/gcc-ld/ld.lld.c
      cc lib/rustlib/${host}/bin/gcc-ld/ld.lld.c -Wl,--dynamic-linker=/lib/loader -o lib/rustlib/${host}/bin/gcc-ld/ld.lld
      rm lib/rustlib/${host}/bin/gcc-ld/ld.lld.c
      mkdir -p etc/bash_completion.d
      echo complete > etc/bash_completion.d/cargo
      echo 'INPUT(libLLVM.so.1-rust)' > lib/libLLVM.so
      printf '#!/bin/sh\necho hello\n' > bin/rust-gdb
      chmod +x bin/rust-gdb
    '';
    "rust-std-1.95.0-${host}"."rust-std-${host}" = ''
      mkdir -p lib/rustlib/${host}/lib
      ${library} lib/rustlib/${host}/lib/libstd.so
    '';
    "rust-std-1.95.0-${wasm}"."rust-std-${wasm}" = ''
      mkdir -p lib/rustlib/${wasm}/lib
      echo wasm > lib/rustlib/${wasm}/lib/libstd.rlib
    '';
    "rust-src-1.95.0".rust-src = ''
      mkdir -p lib/rustlib/src/rust/library/std/src
      echo source > lib/rustlib/src/rust/library/std/src/lib.rs
    '';
  };

  archive =
    name:
    pkgs.stdenv.mkDerivation {
      name = "${name}.tar.xz";
      nativeBuildInputs = [ pkgs.xz ];
      buildCommand = ''
        mkdir -p ${name}
        cd ${name}
        echo 3 > rust-installer-version
        ${lib.concatStrings (builtins.attrValues (builtins.mapAttrs directoryOf contents.${name}))}
        cd ..
        tar --create ${name} | xz > $out
      '';
    };

  directoryOf = name: code: ''
    echo ${name} >> components
    mkdir ${name}
    cd ${name}
    ${code}
    find * -type f -printf 'file:%p\n' > manifest.in
    cd ..
  '';

  fetchurl = { url, ... }: archive (lib.removeSuffix ".tar.xz" (baseNameOf url));

  component = name: target: { inherit name target; };

  toolchain =
    (import ../lib {
      pkgs = pkgs // {
        buildPackages = pkgs.buildPackages // {
          inherit fetchurl;
        };
      };
      rust.toolchain =
        _:
        import ./answer.nix pkgs { } [
          (component "rustc" host)
          (component "rust-src" null)
          (component "rust-std" host)
          (component "rust-std" wasm)
        ];
    }).toolchain
      { };
in
pkgs.runCommand "toolchain-layout"
  {
    nativeBuildInputs = [
      toolchain
      pkgs.patchelf
    ];
    loader = pkgs.stdenv.cc.bintools.dynamicLinker;
    inherit toolchain;
    std = archive "rust-std-1.95.0-${host}";
  }
  ''
    expect() {
      if [[ $2 != "$3" ]]; then
        echo "$1: $2, not $3"
        exit 1
      fi
    }
    cd $toolchain

    # A program of its own, that finds Nix's C library, and the toolchain's libraries before.
    for program in bin/rustc lib/rustlib/${host}/bin/{rust-lld,gcc-ld-unwrapped/ld.lld}; do
      expect "the type of $program" "$(stat --format %F $program)" "regular file"
      expect "the loader of $program" "$(patchelf --print-interpreter $program)" $loader
      $program
    done
    for library in lib/librustc_driver-1.so lib/libLLVM.so.1-rust bin/rustc; do
      path=$(patchelf --print-rpath $library)
      expect "the first directory of $library" "''${path%%:*}" '$ORIGIN/../lib'
      expect "the last directory of $library" "''${path##*:}" "''${loader%/*}"
    done
    expect "the type of the driver" "$(stat --format %F lib/librustc_driver-1.so)" "regular file"
    expect "what rust-gdb says" "$(bin/rust-gdb)" hello

    # As they were.
    tar --extract --file $std --directory $NIX_BUILD_TOP
    cmp $NIX_BUILD_TOP/rust-std-*/*/lib/rustlib/${host}/lib/libstd.so lib/rustlib/${host}/lib/libstd.so
    expect "another target's library" "$(cat lib/rustlib/${wasm}/lib/libstd.rlib)" wasm
    expect "the source" "$(cat lib/rustlib/src/rust/library/std/src/lib.rs)" source
    expect "what rust-installer would read" "$(find . -name manifest.in -o -name components)" ""

    expect "a shell's completions" "$(cat share/bash-completion/completions/cargo)" complete
    expect "what is left of etc" "$(ls -d etc 2>/dev/null)" ""

    # The compiler that it brings, which calls the linker that it is told of.
    cc --version
    echo 'int main(void) { return 0; }' > $NIX_BUILD_TOP/main.c
    said=$(cc -fuse-ld=lld -B$PWD/lib/rustlib/${host}/bin/gcc-ld -o $NIX_BUILD_TOP/main $NIX_BUILD_TOP/main.c \
      -L${pkgs.zlib}/lib -lz)
    if [[ $said != *-rpath*${pkgs.zlib}/lib* || $said != *-z*now* ]]; then
      echo "the linker is not nixpkgs': $said"
      exit 1
    fi
    # By any other compiler it is called as it is.
    expect "what the linker is asked for" "$(lib/rustlib/${host}/bin/gcc-ld/ld.lld -lz)" -lz
    touch $out
  ''
