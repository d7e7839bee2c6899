/**
  A toolchain of packages: which two versions go together, and what it tells of them.

  # Example

  ```nix
  pkgs.lib.runTests (import ./fromPaths.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  inherit (import ../lib { inherit pkgs; }) fromPaths;
  each = import ./each.nix;

  package = name: version: pkgs.runCommand name { passthru = { inherit version; }; } "mkdir $out";

  # A package that says no more than its name, as all of fenix' do.
  named = name: pkgs.runCommand name { } "mkdir $out";

  fit = rustc: cargo: (builtins.tryEval (fromPaths { inherit cargo rustc; }).drvPath).success;

  areOfOne = rustc: cargo: fit (named rustc) (named cargo);

  succeeds = rustc: cargo: fit (package "rustc" rustc) (package "cargo" cargo);
in
{
  testSameRelease = each true [
    (succeeds "1.95.0" "1.95.0")
    (succeeds "1.95.1" "1.95.0")
    # Cargo's own number.
    (succeeds "1.95.0" "0.96.0")
    (succeeds "1.97.0-nightly" "1.97.0-nightly-2026-05-20")
    (succeeds "2026-05-20" "2026-05-20")
    (areOfOne "rust-nightly-default-with-std-2026-08-08" "cargo-nightly-default-2026-08-08")
    (areOfOne "rust-stable-with-components-2026-07-16" "rust-stable-with-components-2026-07-16")
    (areOfOne "rust-1.95.0" "cargo-stable-2026-07-16")
    (areOfOne "rust-mixed" "rust-mixed")
    # The dates are those of commits.
    (succeeds "1.95.0 (59807616e 2026-04-14)" "0.96.0 (f2d3ce0bd 2026-03-21)")
  ];

  testOtherRelease = each false [
    (succeeds "1.95.0" "1.94.0")
    (succeeds "1.95.0" "0.95.0")
    (succeeds "1.9.0" "1.95.0")
    (succeeds "2026-05-20" "2026-05-21")
    # Two nightlies of the same number, and a nightly of a release's.
    (succeeds "1.97.0-nightly-2026-05-20" "1.97.0-nightly-2026-05-21")
    (succeeds "1.97.0-nightly-2026-05-20" "1.97.0")
    (succeeds "1.97.0-beta.2" "1.97.0-nightly")
    (areOfOne "rust-stable-with-std-2026-07-16" "cargo-stable-2026-06-04")
    (areOfOne "rust-nightly-with-std-2026-08-07" "cargo-nightly-2026-08-08")
    (areOfOne "rust-stable-2026-07-16" "rust-nightly-2026-07-16")
    (areOfOne "rust-1.95.0" "rust-1.94.0")
  ];

  testUnknownRelease = each true [
    (succeeds null "1.95.0")
    (succeeds "1.95.0" null)
    (succeeds "unstable" "1.95.0")
    (succeeds "1.95.0" "2026-05-20")
    (succeeds "1.95.0" "0.99999999999999999999")
  ];

  # A date that is an attribute, as `toolchain` has it, beside fenix'.
  testDates = {
    expr = map (cargo: fit (package "rustc" "1.95.0" // { date = "2026-04-16"; }) (named cargo)) [
      "cargo-stable-2026-04-16"
      "cargo-stable-2026-07-16"
    ];
    expected = [
      true
      false
    ];
  };

  testAsRustc = {
    expr =
      let
        toolchain = fromPaths {
          rustc = package "rustc" "1.95.0" // {
            badTargetPlatforms = [ "x86_64-linux" ];
          };
          cargo = package "cargo" "1.95.0";
        };
      in
      {
        bad = toolchain.badTargetPlatforms;
        others = builtins.all builtins.isList [
          toolchain.targetPlatforms
          toolchain.targetPlatformsWithHostTools
          toolchain.tier1TargetPlatforms
          toolchain.meta.platforms
        ];
      };
    expected = {
      bad = [ "x86_64-linux" ];
      others = true;
    };
  };

  # Those that run where they are used, and not where what they build runs.
  testSpliced = {
    expr =
      let
        spliced =
          name:
          named "${name}-for-another-machine"
          // {
            __spliced.buildHost = named name;
          };
        made = fromPaths {
          rustc = spliced "rustc";
          cargo = spliced "cargo";
        };
      in
      map (path: path.name) made.paths;
    expected = [
      "cargo"
      "rustc"
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
