/**
  One component of a toolchain: its archive, unpacked, with programs patched to run on Nix's own C
  library.

  # Example

  ```nix
  component {
    name = "cargo";
    package = "cargo";
    target = "x86_64-unknown-linux-gnu";
    version = "0.96.0";
    url = "https://static.rust-lang.org/dist/2026-04-16/cargo-1.95.0-x86_64-unknown-linux-gnu.tar.xz";
    hash = "sha256-…";
  }
  ```

  # Arguments

  - `host`: the target triple that the toolchain's programs run on.
  - the component, an element of `components` in the result of `builtins.rust.toolchain`.
*/
{
  fetchurl,
  host,
  lib,
  patchelf,
  stdenv,
  zlib,
}:

component:
let
  # These have nothing but what is compiled against, or read. The standard library of the host is
  # not for its programs alone either: what rustc links with it may run anywhere.
  isData = builtins.elem component.package [
    "rust-analysis"
    "rust-docs"
    "rust-docs-json-preview"
    "rust-src"
    "rust-std"
    "rustc-docs"
  ];
  isPatched = stdenv.hostPlatform.isLinux && component.target == host && !isData;

  archive = baseNameOf component.url;
  unpacked = builtins.match "(.*)\\.tar\\.[a-z0-9]+" archive;
in
stdenv.mkDerivation {
  name = if unpacked == null then archive else builtins.head unpacked;
  pname = component.name;
  inherit (component) version;

  src = fetchurl { inherit (component) url hash; };
  dontConfigure = true;
  dontBuild = true;
  # They are as Rust has tested them.
  dontStrip = true;
  dontPatchELF = true;

  nativeBuildInputs = lib.optional isPatched patchelf;

  # As rust-installer's own script does it: what is in the directories of the components.
  installPhase = ''
    runHook preInstall
    mkdir -p $out
    while read -r component; do
      rm "$component/manifest.in"
      cp -r "$component/." $out
    done < components

    # Where bash-completion and other packages have it.
    if [[ -d $out/etc/bash_completion.d ]]; then
      mkdir -p $out/share/bash-completion
      mv $out/etc/bash_completion.d $out/share/bash-completion/completions
      rmdir --ignore-fail-on-non-empty $out/etc
    fi
    runHook postInstall
  '';

  # Everywhere but in the libraries for what rustc compiles.
  postInstall = lib.optionalString isPatched ''
    libraries=${
      lib.makeLibraryPath [
        zlib
        stdenv.cc.cc
        stdenv.cc.libc
      ]
    }
    for file in $out/bin/* $out/libexec/* $out/lib/*.so* $out/lib/rustlib/*/bin/{,*/}*; do
      # Scripts have no search path, and what is linked statically needs none.
      if [[ -f $file ]] && own=$(patchelf --print-rpath "$file" 2>/dev/null); then
        # Some of these want LLVM from the toolchain's lib and do not say so: rustup makes up for
        # it in the environment.
        if [[ $file == */lib/rustlib/*/bin/* ]]; then own+=":\$ORIGIN/../../.."; fi
        patchelf --set-rpath "''${own:+$own:}$libraries" "$file"
        if patchelf --print-interpreter "$file" >/dev/null 2>&1; then
          patchelf --set-interpreter ${stdenv.cc.bintools.dynamicLinker} "$file"
        fi
      fi
    done
  '';
}
