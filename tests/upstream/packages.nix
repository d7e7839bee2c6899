/**
  An overlay: what nixpkgs would fetch, from directories of the machine; Rust's packages out of an installed
  toolchain, under nixpkgs' own wrappers.

  # Example

  ```nix
  import ./packages.nix { rust = "/nix/store/…-rust"; version = "1.95.0"; crates = "/…"; … }
  ```

  # Arguments

  - `corepkgs`: the directory of a nixpkgs.
  - `rust`: a store path with the toolchain that rustup installed, and `version`, which release it is.
  - `crates`: a directory with `NAME-VERSION.crate`, as cargo's `registry/cache` has them.
  - `dist`: a copy of Rust's server, with `dist/DATE/ARCHIVE`; null without.
  - `tools`: programs from crates.io, by the name that nixpkgs' package has.
*/
{
  corepkgs,
  rust,
  version,
  crates,
  dist,
  tools,
}:

self: super:

let
  inherit (self) lib;

  directory = name: path: builtins.path { inherit name path; };

  # Where the file of an address is.
  fileOf =
    url:
    let
      parts = expression: builtins.match expression url;
      download = parts "https://[^/]+/(api/v1/)?crates/([^/]+)/([^/]+)/download";
      static = parts "https://static\\.crates\\.io/crates/[^/]+/([^/]+\\.crate)";
      archive = parts "https://static\\.rust-lang\\.org(/dist/.*)";
    in
    if download != null then
      crates + "/${builtins.elemAt download 1}-${builtins.elemAt download 2}.crate"
    else if static != null then
      crates + "/${builtins.head static}"
    else if archive != null && dist != null then
      dist + xzOf (builtins.head archive)
    else
      null;

  # The copy of Rust's server has no others.
  xzOf = path: lib.removeSuffix ".tar.gz" (lib.removeSuffix ".tar.xz" path) + ".tar.xz";

  # Programs that were linked against the machine's own libraries, as the rest of it has them.
  patched =
    attributes:
    self.stdenv.mkDerivation (
      {
        dontConfigure = true;
        dontBuild = true;
        dontStrip = true;
        dontPatchELF = true;
        nativeBuildInputs = [ self.patchelf ];
        postFixup = ''
          libraries=''${beside:+$beside/lib:}${
            lib.makeLibraryPath [
              self.zlib
              self.gcc-unwrapped
              self.glibc
            ]
          }
          for file in $out/bin/* $out/libexec/* $out/lib/*.so* $out/lib/rustlib/*/bin/{,*/}*; do
            if [[ -f $file && ! -L $file ]] && own=$(patchelf --print-rpath "$file" 2>/dev/null); then
              if [[ $file == */lib/rustlib/*/bin/* ]]; then own+=":\$ORIGIN/../../.."; fi
              patchelf --set-rpath "''${own:+$own:}$libraries" "$file"
              if patchelf --print-interpreter "$file" >/dev/null 2>&1; then
                patchelf --set-interpreter ${self.glibc}/lib/ld-linux-x86-64.so.2 "$file"
              fi
            fi
          done
        '';
      }
      // attributes
    );

  # Those of `rust` in a package of their own, with the libraries that they look for beside them.
  ofRust =
    pname: programs: attributes:
    patched (
      {
        inherit pname version;
        src = toolchain;
        installPhase = ''
          mkdir -p $out/bin
          cp ${lib.concatMapStringsSep " " (name: "bin/${name}") programs} $out/bin
        '';
        meta = {
          mainProgram = builtins.head programs;
          platforms = lib.platforms.all;
          broken = false;
        };
      }
      // attributes
    );

  # What is linked with the compiler.
  besideRustc = pname: programs: ofRust pname programs { beside = self.rustc-unwrapped; };

  tool =
    pname:
    patched {
      inherit pname;
      version = "0";
      src = directory pname tools.${pname};
      dontUnpack = true;
      installPhase = "install -D $src $out/bin/${pname}";
      meta = {
        mainProgram = pname;
        platforms = lib.platforms.all;
        broken = false;
      };
    };

  toolchain = builtins.storePath rust;

  # What nixpkgs' rustc says of itself.
  binary =
    (super.callPackage (corepkgs + "/pkgs/rust/binary.nix") {
      inherit version;
      src = null;
      platform = "x86_64-unknown-linux-gnu";
      versionType = "bootstrap";
    }).rustc-unwrapped;
in
{
  # What nothing builds may be asked for: a set for another platform evaluates with it.
  fetchurl =
    {
      url ? builtins.head urls,
      urls ? [ url ],
      name ? baseNameOf url,
      sha256 ? "",
      hash ? "",
      ...
    }:
    let
      wanted = fileOf url;
      file = if wanted == null || builtins.pathExists wanted then wanted else null;
      # Packed anew, out of what is installed: of other bytes than Rust's own.
      isArchive = lib.hasPrefix "https://static.rust-lang.org/" url;
    in
    if file == null then
      self.runCommand name { outputHash = hash + sha256; } ''
        echo "${url} is in none of the directories that tests/upstream was given" >&2
        exit 1
      ''
    else if isArchive && lib.hasSuffix ".xz" url then
      self.runCommand name { file = directory "archive" file; } "cp $file $out"
    else if isArchive then
      # And with a script to install it, which fenix runs.
      self.runCommand name { file = directory "archive" file; } ''
        mkdir unpacked
        tar xf $file -C unpacked
        for directory in unpacked/*; do
          cat > $directory/install.sh <<"EOF"
        #!/bin/sh
        for argument; do
            case $argument in --prefix=*) prefix=''${argument#--prefix=} ;; esac
        done
        mkdir -p "$prefix/lib/rustlib"
        while read -r component; do
            cp -r "$component/." "$prefix"
            rm "$prefix/manifest.in"
        done < components
        EOF
          chmod +x $directory/install.sh
        done
        tar --sort=name --mtime=@0 --owner=0 --group=0 -cf archive.tar -C unpacked .
        gzip -1 < archive.tar > $out
      ''
    else
      self.runCommand name {
        outputHashAlgo = "sha256";
        outputHashMode = "flat";
        outputHash = if hash != "" then hash else sha256;
        file = directory "file" file;
      } "cp $file $out";

  fetchzip = arguments: self.fetchurl arguments;

  # nixpkgs' own are in a part that corepkgs leaves out.
  formats = super.formats or { } // {
    toml = _: {
      generate =
        name: value:
        self.runCommand name {
          nativeBuildInputs = [ self.remarshal ];
          value = builtins.toJSON value;
          passAsFile = [ "value" ];
        } "remarshal -if json -of toml < $valuePath > $out";
    };
  };
  writers = super.writers or { } // {
    writeTOML = (self.formats.toml { }).generate;
  };

  # Which nixpkgs this follows: its lib does not say it.
  lib = super.lib // {
    version = super.lib.version or "26.05";
  };

  # Of the libraries that it names, not all are there.
  defaultCrateOverrides =
    let
      overrides = import (corepkgs + "/build-support/rust/default-crate-overrides.nix");
    in
    overrides (
      builtins.mapAttrs (name: _: self.${name} or (throw "there is no ${name}")) (
        builtins.functionArgs overrides
      )
    );

  # Sets that cargo2nix asks for.
  gnome2 = { };
  xorg = super.xorg or { };

  # The root of nixpkgs, whose `pkgs` corepkgs is.
  path = dirOf corepkgs;

  # As pip installed it.
  remarshal = self.writeShellScriptBin "remarshal" ''
    export PYTHONPATH=${directory "remarshal" tools.remarshal}
    exec ${self.python3}/bin/python3 -m remarshal "$@"
  '';
  cargo-llvm-cov = throw "there is no cargo-llvm-cov";

  rust_1_91 = super.rust_1_91 // {
    packages = super.rust_1_91.packages // {
      stable = super.rust_1_91.packages.stable.overrideScope (
        _: _: {
          rustc-unwrapped = patched {
            pname = "rustc";
            inherit version;
            src = toolchain;
            installPhase = ''
              mkdir -p $out
              cp -r bin lib $out
              chmod -R u+w $out
              rm $out/bin/*cargo* $out/bin/rust-analyzer $out/bin/rustfmt 2>/dev/null || true
              # nixpkgs' rustc is built to link by way of cc's own ld.
              for file in $out/lib/rustlib/*/bin/gcc-ld/ld.lld; do
                printf '#!%s\nexec %s "$@"\n' ${self.runtimeShell} ${self.stdenv.cc.bintools}/bin/ld > $file
              done
            '';
            setupHooks = corepkgs + "/pkgs/rust/setup-hook.sh";
            passthru = {
              inherit (binary) targetPlatforms targetPlatformsWithHostTools badTargetPlatforms;
              llvm = null;
              llvmPackages = null;
              configureFlags = [ "--target=x86_64-unknown-linux-gnu" ];
            };
            meta = {
              description = "Safe, concurrent, practical language";
              mainProgram = "rustc";
              platforms = binary.targetPlatformsWithHostTools;
            };
          };
          cargo = ofRust "cargo" [ "cargo" ] { };
          clippy = besideRustc "clippy" [
            "cargo-clippy"
            "clippy-driver"
          ];
          rustfmt = besideRustc "rustfmt" [
            "rustfmt"
            "cargo-fmt"
          ];
          cargo-auditable = tool "cargo-auditable";
        }
      );
    };
  };
  cargo-nextest = tool "cargo-nextest";
  sccache = tool "sccache" // {
    version = "0.19.0";
  };
}
