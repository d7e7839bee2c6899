{
  description = "A stand-in for rust-overlay, over the machine's own Rust, for tests without a network";

  outputs = _: {
    overlays.default =
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
          nightly.latest.default = toolchain "1.92.0-nightly-2025-10-16";
          stable."1.84.1".default = toolchain "1.84.1";
        };
      };
  };
}
