/**
  Checks a toolchain against the source's bootstrap, which accepts the release of the source and the
  one before it, and returns it.

  # Example

  ```nix
  checked { stage0 = builtins.rust.stage0 { source = ./rust; }; isGiven = true; } pkgs.rustc
  ```

  # Arguments

  - `stage0`: the result of `builtins.rust.stage0` for the source.
  - `isGiven`: whether the user chose the toolchain. What the stage0 file names is accepted in any
    case.
*/
{ stage0, isGiven }:

toolchain:
let
  # A package says its version, or has it in its name; a mere path has none.
  said = toolchain.version or null;
  version = if said == null then (builtins.parseDrvName toolchain.name or "").version else said;
  # A nightly's may be its date alone.
  numbers = builtins.match "([0-9]+\\.[0-9]+)([.-].*)?" version;

  inherit (stage0.accepts) enforced minors source;

  # Of a branch the file has no number, but a channel and a date.
  named =
    if builtins.match "[0-9].*" stage0.version != null then
      "Rust ${stage0.version}"
    else
      "the ${stage0.version} of ${stage0.date}";

  wanted = "the source is Rust ${source}, which is built by Rust ${builtins.concatStringsSep " or " minors}";
  advice =
    "Give a `toolchain` of one of these"
    + (
      if stage0.version == null then
        "."
      else
        ", or none: then it is ${named}, which the source's stage0 file names."
    );

  complaint = ''
    sccachedRustc: the toolchain is Rust ${version}, and ${wanted}.
    ${advice}
  '';

  # Of a path, or of what has neither name nor version, only where it is. In the store that is behind
  # the hash: a flake's source may have another one each time.
  place = toString toolchain;
  stored = builtins.match "/.*/[0-9a-z]{32}-([^/]+.*)" place;
  called = toolchain.name or (if stored == null then place else builtins.head stored);
  doubt = "sccachedRustc: of which release the toolchain ${called} is, it does not say, and ${wanted}. ${advice}";

  # Before 1.75 bootstrap did not look, and some builds went well.
  warned = text: builtins.trace "nix-sccache: warning: ${text}" toolchain;
in
if numbers == null then
  if isGiven && enforced then warned doubt else toolchain
else if builtins.elem (builtins.head numbers) minors then
  toolchain
else if enforced then
  throw complaint
else
  warned complaint
