/**
  The stand-in's overlay: the machine's own Rust, under the names that rust-overlay has for one
  stable release and for one nightly.

  # Example

  ```nix
  (pkgs.extend (import ./overlay.nix { nightly = "1.92.0-nightly-2025-10-16"; })).rust-bin.nightly.latest.default
  ```
*/
{ nightly }:

final: _:
let
  toolchain =
    version:
    final.lib.makeOverridable (
      {
        targets ? [ ],
      }:
      final.runCommand "rust-${version}"
        {
          inherit targets;
          passthru = { inherit version; };
        }
        ''
          mkdir -p $out/bin
          ln -s /rust/bin/{rustc,rustdoc,cargo} $out/bin
        ''
    ) { };
in
{
  rust-bin = {
    nightly.latest.default = toolchain nightly;
    stable."1.84.1".default = toolchain "1.84.1";
  };

  # The names that the overlay of Mozilla's had.
  rustChannels.nightly.rust = toolchain nightly;
}
