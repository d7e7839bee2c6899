{
  description = "The stand-in for rust-overlay, as of when the stand-in for rustc's source was the newest";

  # Which others have follow theirs.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs = _: {
    overlays.default = import ../overlay.nix { nightly = "1.84.0-nightly-2024-11-20"; };
  };
}
