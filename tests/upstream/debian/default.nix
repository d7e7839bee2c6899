/**
  Debian's programs and libraries as packages that run without a /usr, each with the attributes that
  nixpkgs' own of that name is asked for.

  They are built in a sandbox into which the machine's /usr and /var/lib/dpkg/info are mounted;
  whatever is built with them needs neither.

  # Example

  ```nix
  (import ./debian { inherit lib; stamp = "…"; }).coreutils
  ```

  # Arguments

  - `lib`: nixpkgs'.
  - `stamp`: what is another after an update of the machine's packages.
*/
{ lib, stamp }:

let
  copy =
    {
      pname,
      version ? "0",
      programs ? [ pname ],
      packages ? [ ],
      except ? "",
      libraries ? [ ],
      after ? "",
      # The C library's own path, or null for itself.
      libc ? glibc,
      passthru ? { },
    }:
    let
      package = derivation {
        name = "${pname}-${version}";
        inherit
          after
          except
          libraries
          packages
          programs
          stamp
          ;
        glibc = if libc == null then "" else libc;
        system = "x86_64-linux";
        builder = "/bin/sh";
        args = [ ./copy.sh ];
        PATH = "/usr/bin:/bin:/usr/sbin:/sbin";
      };
      outputs = lib.genAttrs [ "bin" "dev" "lib" "static" "man" "info" ] (_: self);
      self =
        package
        // removeAttrs outputs [
          "man"
          "info"
        ]
        // {
          inherit pname version;
          outputName = "out";
          meta = {
            platforms = [ "x86_64-linux" ];
            available = true;
            mainProgram = builtins.head (programs ++ [ pname ]);
          };
          override = _: self;
          overrideAttrs = _: self;
        }
        // passthru;
    in
    self;

  glibc = copy {
    pname = "glibc";
    version = "2.36";
    libc = null;
    programs = [
      "getconf"
      "ldd"
      "locale"
    ];
    packages = [
      "libc6"
      "libc6-dev"
      # nixpkgs' has it, too.
      "libgcc-s1"
      "linux-libc-dev"
      "libcrypt1"
      "libcrypt-dev"
      "libnsl2"
      "libtirpc3"
      "libtirpc-common"
    ];
    except = "^/lib64/|/gconv/|libnsl\\.so|libtirpc|/usr/lib/x86_64-linux-gnu/audit/";
  };

  simple =
    pname: version: programs:
    copy { inherit pname version programs; };
in
rec {
  inherit copy glibc;

  bash = copy {
    pname = "bash";
    version = "5.2";
    after = "ln -s bash $out/bin/sh";
    passthru = {
      shellPath = "/bin/bash";
    };
  };

  coreutils = copy {
    pname = "coreutils";
    version = "9.1";
    programs = [ ];
    packages = [ "coreutils" ];
    after = "ln -s ${bash}/bin/sh $out/bin/coreutils-sh; rm $out/bin/coreutils-sh";
  };

  findutils = simple "findutils" "4.9.0" [
    "find"
    "xargs"
  ];
  diffutils = simple "diffutils" "3.8" [
    "diff"
    "cmp"
    "sdiff"
    "diff3"
  ];
  gnused = simple "gnused" "4.9" [ "sed" ];
  gnugrep = copy {
    pname = "gnugrep";
    version = "3.8";
    programs = [ "grep" ];
    after = ''
      for name in egrep fgrep; do
        printf '#!%s\nexec %s -%s "$@"\n' ${bash}/bin/sh $out/bin/grep "$(case $name in egrep) echo E ;; *) echo F ;; esac)" > $out/bin/$name
        chmod +x $out/bin/$name
      done
    '';
  };
  gawk = copy {
    pname = "gawk";
    version = "5.2";
    programs = [ "gawk" ];
    after = "ln -s gawk $out/bin/awk";
  };
  gnutar = simple "gnutar" "1.34" [ "tar" ];
  gzip = copy {
    pname = "gzip";
    version = "1.12";
    programs = [ "gzip" ];
    after = ''
      for name in gunzip zcat; do
        printf '#!%s\nexec %s -d%s "$@"\n' ${bash}/bin/sh $out/bin/gzip "$([ $name = zcat ] && echo c)" > $out/bin/$name
        chmod +x $out/bin/$name
      done
    '';
  };
  bzip2 = simple "bzip2" "1.0.8" [
    "bzip2"
    "bunzip2"
    "bzcat"
  ];
  xz = copy {
    pname = "xz";
    version = "5.4";
    programs = [ "xz" ];
    packages = [ "liblzma-dev" ];
    except = "pkgconfig";
    after = ''
      ln -s xz $out/bin/unxz
      ln -s xz $out/bin/xzcat
    '';
  };
  zstd = copy {
    pname = "zstd";
    version = "1.5.4";
    after = ''
      ln -s zstd $out/bin/unzstd
      ln -s zstd $out/bin/zstdcat
      ln -s zstd $out/bin/zstdmt
    '';
  };
  gnumake = simple "gnumake" "4.3" [ "make" ];
  gnupatch = simple "gnupatch" "2.7.6" [ "patch" ];
  file = copy {
    pname = "file";
    version = "5.44";
    packages = [ "libmagic-mgc" ];
    except = "/misc/magic";
    after = ''
      mv $out/bin/file $out/bin/.file
      printf '#!%s\nexec %s -m %s "$@"\n' ${bash}/bin/sh $out/bin/.file $out/lib/file/magic.mgc > $out/bin/file
      chmod +x $out/bin/file
    '';
  };
  patchelf = simple "patchelf" "0.14.3" [ "patchelf" ];
  jq = simple "jq" "1.6" [ "jq" ];
  lndir = simple "lndir" "1.0.3" [ "lndir" ];
  rsync = simple "rsync" "3.2.7" [ "rsync" ];
  unzip = simple "unzip" "6.0" [ "unzip" ];
  which = copy {
    pname = "which";
    version = "2.21";
    programs = [ ];
    # Debian's is a script.
    after = ''
      mkdir -p $out/bin
      printf '#!%s\ntype -P "$@"\n' ${bash}/bin/bash > $out/bin/which
      chmod +x $out/bin/which
    '';
  };
  pkg-config-unwrapped = copy {
    pname = "pkg-config";
    version = "1.8.1";
    programs = [ "pkg-config=/usr/bin/pkgconf" ];
  };
  git = copy {
    pname = "git";
    version = "2.39.5";
    packages = [ "git" ];
    programs = [ ];
    except = "/git-(shell|http|remote|imap|daemon)|^/usr/share/|/bash-completion/|/mergetools/";
  };

  python3 = copy {
    pname = "python3";
    version = "3.11.2";
    programs = [ "python3=/usr/bin/python3.11" ];
    packages = [
      "libpython3.11-minimal"
      "libpython3.11-stdlib"
      "python3.11-minimal"
    ];
    except = "/etc/python3|^/usr/share|sitecustomize";
    after = "ln -sf python3 $out/bin/python";
    passthru = {
      interpreter = "${python3}/bin/python3";
      pythonVersion = "3.11";
      isPy3 = true;
      withPackages =
        choose:
        derivation {
          name = "python3-env";
          system = "x86_64-linux";
          builder = "${bash}/bin/bash";
          PATH = "${coreutils}/bin";
          path = map (package: "${package}/lib/python3/dist-packages") (choose {
            inherit pyelftools;
          });
          args = [
            "-ec"
            ''
              mkdir -p $out/bin
              printf '#!%s\nexport PYTHONPATH=%s\nexec %s "$@"\n' \
                ${bash}/bin/sh "''${path// /:}" ${python3}/bin/python3 > $out/bin/python3
              chmod +x $out/bin/python3
            ''
          ];
        };
    };
  };

  pyelftools = copy {
    pname = "pyelftools";
    version = "0.29";
    programs = [ ];
    packages = [ "python3-pyelftools" ];
    except = "^/usr/(share|bin)/";
  };

  perl = copy {
    pname = "perl";
    version = "5.36.0";
    packages = [
      "perl-base"
    ];
    except = "^/usr/share";
    after = ''
      mv $out/bin/perl $out/bin/.perl
      printf '#!%s\nexport PERL5LIB=%s${"$"}{PERL5LIB:+:$PERL5LIB}\nexec %s "$@"\n' ${bash}/bin/sh $out/lib/x86_64-linux-gnu/perl-base $out/bin/.perl > $out/bin/perl
      chmod +x $out/bin/perl
    '';
  };

  binutils-unwrapped = copy {
    pname = "binutils";
    version = "2.40";
    programs = map (name: "${name}=/usr/bin/x86_64-linux-gnu-${name}") [
      "addr2line"
      "ar"
      "as"
      "c++filt"
      "gold"
      "gprof"
      "ld.bfd"
      "nm"
      "objcopy"
      "objdump"
      "ranlib"
      "readelf"
      "size"
      "strings"
      "strip"
    ];
    after = ''
      ln -s ld.bfd $out/bin/ld
      ln -s gold $out/bin/ld.gold
    '';
    passthru = {
      isGNU = true;
      hasGold = true;
    };
  };

  gcc-unwrapped = copy {
    pname = "gcc";
    version = "12.2.0";
    programs = map (name: "${name}=/usr/bin/x86_64-linux-gnu-${name}-12") [
      "gcc"
      "g++"
      "cpp"
      "gcc-ar"
      "gcc-nm"
      "gcc-ranlib"
      "gcov"
    ];
    packages = [
      "gcc-12"
      "cpp-12"
      "g++-12"
      "libgcc-12-dev"
      "libgcc-s1"
      "libgomp1"
      "libatomic1"
      "libitm1"
      "libasan8"
      "liblsan0"
      "libtsan2"
      "libubsan1"
      "libquadmath0"
      "libstdc++-12-dev"
      "libstdc++6"
    ];
    except = "^/usr/bin/|^/usr/share/|/plugin/|cc1obj";
    after = ''
      # By which gcc finds what belongs to it.
      for name in $out/lib/x86_64-linux-gnu/*.so*; do
        ln -sf x86_64-linux-gnu/''${name##*/} $out/lib/''${name##*/}
      done
      ln -s libstdc++.so.6 $out/lib/libstdc++.so
      # nixpkgs' asks for no build ID, which the path of the output would be part of.
      specs=$(echo $out/lib/gcc/*/*)/specs
      LD_LIBRARY_PATH=$out/lib /usr/bin/x86_64-linux-gnu-gcc-12 -dumpspecs | sed 's/%{!r:--build-id} *//g' > $specs
      ln -s gcc $out/bin/cc
      ln -s g++ $out/bin/c++
    '';
    passthru = {
      # Asked for where compilers for other platforms are evaluated.
      src = "/the/source/of/gcc";
      langC = true;
      langCC = true;
      isGNU = true;
      hardeningUnsupportedFlags = [
        "fortify3"
        "pacret"
        "strictflexarrays1"
        "strictflexarrays3"
        "glibcxxassertions"
        "libcxxhardeningfast"
        "libcxxhardeningextensive"
        "nostrictaliasing"
        "shadowstack"
        "zerocallusedregs"
      ];
    };
  };

  # A library to link with.
  zlib = copy {
    pname = "zlib";
    version = "1.2.13";
    programs = [ ];
    packages = [
      "zlib1g"
      "zlib1g-dev"
    ];
    except = "^/usr/share/|/libz\\.a";
    after = ''
      mv $out/lib/x86_64-linux-gnu/libz.so* $out/lib
      mkdir -p $out/lib/pkgconfig
      sed "s|^prefix=.*|prefix=$out|; s|^\(libdir\|sharedlibdir\)=.*|\1=$out/lib|; s|^includedir=.*|includedir=$out/include|" \
        $out/lib/x86_64-linux-gnu/pkgconfig/zlib.pc > $out/lib/pkgconfig/zlib.pc
      rm -r $out/lib/x86_64-linux-gnu
    '';
  };
}
