# A toolchain of packages: which two versions go together, and what it tells of them.
pkgs:

let
  inherit (import ../lib { inherit pkgs; }) fromPaths;

  package = name: version: pkgs.runCommand name { passthru = { inherit version; }; } "mkdir $out";

  succeeds =
    rustc: cargo:
    (builtins.tryEval
      (fromPaths {
        rustc = package "rustc" rustc;
        cargo = package "cargo" cargo;
      }).drvPath
    ).success;
in
{
  testSameRelease = {
    expr = [
      (succeeds "1.95.0" "1.95.0")
      (succeeds "1.95.1" "1.95.0")
      # Cargo's own number.
      (succeeds "1.95.0" "0.96.0")
      (succeeds "1.97.0-nightly" "1.97.0-nightly-2026-05-20")
      (succeeds "2026-05-20" "2026-05-20")
    ];
    expected = [
      true
      true
      true
      true
      true
    ];
  };

  testOtherRelease = {
    expr = [
      (succeeds "1.95.0" "1.94.0")
      (succeeds "1.95.0" "0.95.0")
      (succeeds "1.9.0" "1.95.0")
      (succeeds "2026-05-20" "2026-05-21")
    ];
    expected = [
      false
      false
      false
      false
    ];
  };

  testUnknownRelease = {
    expr = [
      (succeeds null "1.95.0")
      (succeeds "1.95.0" null)
      (succeeds "unstable" "1.95.0")
      (succeeds "1.95.0" "2026-05-20")
      (succeeds "1.95.0" "0.99999999999999999999")
    ];
    expected = [
      true
      true
      true
      true
      true
    ];
  };

  testAttributesOfPackages = {
    expr =
      let
        toolchain = fromPaths {
          rustc = package "rustc" "1.95.0" // {
            channel = "stable";
          };
          cargo = "/nix/store/cargo";
        };
      in
      {
        inherit (toolchain)
          channel
          date
          name
          version
          ;
        components = builtins.attrNames toolchain.components;
      };
    expected = {
      channel = "stable";
      date = null;
      name = "rust-1.95.0";
      version = "1.95.0";
      components = [
        "cargo"
        "rustc"
      ];
    };
  };
}
