# The files and the argument of `rust.stage0`.
{
  call,
  callAbout,
  files,
}:

let
  inherit (builtins)
    attrNames
    isAttrs
    pathExists
    ;
  inherit (files)
    isGiven
    named
    placeOf
    read
    stage0File
    textOf
    ;
in
wanted:
let
  given = name: isAttrs wanted && isGiven name wanted;
  version = placeOf "stage0" "source" wanted.source + "/src/version";
  files =
    (if given "source" then { source = stage0File "stage0" "source" wanted.source; } else { })
    // (if given "file" then { file = textOf "stage0" "file" wanted.file; } else { })
    // (
      if given "version" then
        { version = textOf "stage0" "version" wanted.version; }
      else if given "source" && pathExists version then
        { version = read version; }
      else
        { }
    );
  names = attrNames files;
in
if isAttrs wanted then
  callAbout "stage0" (map (name: files.${name}) names) (refs: wanted // named names refs)
else
  call "stage0" wanted
