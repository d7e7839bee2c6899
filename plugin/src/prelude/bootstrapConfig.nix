# The argument of `rust.bootstrapConfig`, and what only Nix can add to its answer.
{ callAbout, files }:

let
  inherit (builtins)
    head
    isAttrs
    unsafeDiscardStringContext
    ;
  inherit (files) isGiven placeOf read;
in
wanted:
let
  texts =
    if isAttrs wanted && isGiven "source" wanted then
      [ (read (placeOf "bootstrapConfig" "source" wanted.source + "/src/version")) ]
    else
      [ ];
  asked = if isAttrs wanted then { prefix = builtins.placeholder "out"; } // wanted else wanted;
  answer = callAbout "bootstrapConfig" texts (
    refs: if refs == [ ] then asked else asked // { source = head refs; }
  );
in
answer
// {
  # Names, which depend on nothing that the text depends on.
  fileName = unsafeDiscardStringContext answer.fileName;
  release = unsafeDiscardStringContext answer.release;
}
