/**
  The C compiler behind a script, as nixpkgs has it: cc-wrapper's attributes, files and variables.

  # Example

  ```nix
  callPackage ./wrapper.nix { cc = gcc-unwrapped; bintools = binutils; libc = glibc; }
  ```
*/
{
  bintools,
  cc,
  libc,
  platform,
  stdenvNoCC,
}:

stdenvNoCC.mkDerivation {
  name = "gcc-wrapper";

  inherit bintools cc libc;
  inherit (cc) lib;
  inherit (bintools) suffixSalt;
  wrapperName = "CC_WRAPPER";
  script = ./cc-wrapper.sh;
  utils = ./utils.sh;
  hook = ./setup-hook.sh;

  buildCommand = ''
    mkdir -p $out/bin $out/nix-support
    # wrap NAME PROGRAM
    wrap() {
      prog=$2 substituteAll $script $out/bin/$1
      chmod +x $out/bin/$1
    }
    wrap gcc $cc/bin/gcc
    wrap g++ $cc/bin/g++
    ln -s gcc $out/bin/cc
    ln -s g++ $out/bin/c++
    substituteAll $utils $out/nix-support/utils.sh
    substituteAll $hook $out/nix-support/setup-hook

    echo "-B$cc/lib -B$libc/lib --sysroot=$cc" > $out/nix-support/cc-cflags
    echo "-L$lib/lib" > $out/nix-support/cc-ldflags
    echo $bintools > $out/nix-support/propagated-build-inputs
  '';

  passthru = {
    inherit bintools cc libc;
    inherit (bintools) suffixSalt targetPrefix;
    isGNU = true;
    targetPlatform = platform;
  };
}
