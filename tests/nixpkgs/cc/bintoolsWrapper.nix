/**
  Linkers behind a script, as nixpkgs has them: bintools-wrapper's attributes, files and
  variables. All programs in `bin` whose names begin with `ld.`, and `ld` itself, are wrapped.

  # Example

  ```nix
  (callPackage ./bintoolsWrapper.nix { bintools = binutils-unwrapped; libc = glibc; }).override {
    bintools = lld;
  }
  ```
*/
{
  bintools,
  libc,
  platform,
  stdenvNoCC,
}:

let
  # The loader, as its ABI names it.
  loaders = {
    x86_64-linux = "ld-linux-x86-64.so.2";
    aarch64-linux = "ld-linux-aarch64.so.1";
  };
in
stdenvNoCC.mkDerivation {
  name = "${bintools.name}-wrapper";

  inherit bintools libc;
  dynamicLinker = "${libc}/lib/${loaders.${platform.system}}";
  suffixSalt = builtins.replaceStrings [ "-" ] [ "_" ] platform.config;
  wrapperName = "BINTOOLS_WRAPPER";
  script = ./ld-wrapper.sh;
  utils = ./utils.sh;
  addFlags = ./add-flags.sh;
  hook = ./setup-hook.sh;

  buildCommand = ''
    mkdir -p $out/bin $out/nix-support
    for program in $bintools/bin/*; do
      name=''${program##*/}
      if [[ $name == ld || $name == ld.* ]]; then
        prog=$program substituteAll $script $out/bin/$name
        chmod +x $out/bin/$name
      else
        ln -s $program $out/bin
      fi
    done
    substituteAll $utils $out/nix-support/utils.sh
    substituteAll $addFlags $out/nix-support/add-flags.sh
    substituteAll $hook $out/nix-support/setup-hook

    echo $dynamicLinker > $out/nix-support/dynamic-linker
    echo "-L$libc/lib" > $out/nix-support/libc-ldflags
  '';

  passthru = {
    inherit bintools libc;
    targetPrefix = "";
    isGNU = true;
  };
}
