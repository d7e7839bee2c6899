{
  description = "A stand-in for rust-overlay, over the machine's own Rust, for tests without a network";

  # Which others have follow theirs.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs = _: {
    overlays.default = import ./overlay.nix { nightly = "1.92.0-nightly-2025-10-16"; };
  };
}
