/**
  A toolchain, if the bootstrap of the source takes it: it takes the release of the source and the
  one before it.

  # Example

  ```nix
  checked { stage0 = builtins.rust.stage0 { source = ./rust; }; } pkgs.rustc
  ```
*/
{ stage0 }:

toolchain:
let
  # A package says its version, or has it in its name; a mere path has none.
  version = toolchain.version or (builtins.parseDrvName toolchain.name or "").version;
  # A nightly's may be its date alone.
  numbers = builtins.match "([0-9]+\\.[0-9]+)([.-].*)?" version;

  inherit (stage0.accepts) enforced minors source;

  # Of a branch the file has no number, but a channel and a date.
  named =
    if builtins.match "[0-9].*" stage0.version != null then
      "Rust ${stage0.version}"
    else
      "the ${stage0.version} of ${stage0.date}";

  complaint = ''
    sccachedRustc: the toolchain is Rust ${version}, and the source is Rust ${source}, which is built by Rust ${builtins.concatStringsSep " or " minors}.
    Give a `toolchain` of one of these, or none: then it is ${named}, which the source's stage0 file names.
  '';
in
if numbers == null || builtins.elem (builtins.head numbers) minors then
  toolchain
else if enforced then
  throw complaint
else
  # Before 1.75 bootstrap did not look, and some builds went well.
  builtins.trace "nix-sccache: warning: ${complaint}" toolchain
