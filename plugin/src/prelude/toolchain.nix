# The files and the argument of `rust.toolchain`.
{
  call,
  callAbout,
  files,
  target,
}:

let
  inherit (builtins)
    attrNames
    elemAt
    genList
    isAttrs
    isList
    isPath
    length
    ;
  inherit (files)
    isGiven
    manifest
    named
    placeOf
    stage0File
    toolchainFile
    ;
in
wanted:
let
  file = toolchainFile (placeOf "toolchain" "file" wanted.file);
  # At most one of these is given in the end; core says so.
  files =
    (if isGiven "file" wanted then { inherit file; } else { })
    // (
      if isGiven "stage0" wanted then { stage0 = stage0File "toolchain" "stage0" wanted.stage0; } else { }
    );
  names = attrNames files;
  manifests =
    if !isGiven "manifest" wanted then
      [ ]
    else if isList wanted.manifest then
      genList (index: manifest "manifest[${toString index}]" (elemAt wanted.manifest index)) (
        length wanted.manifest
      )
    else
      [ (manifest "manifest" wanted.manifest) ];
  answer = callAbout "toolchain" (map (name: files.${name}) names ++ manifests) (
    refs:
    wanted
    // named names refs
    // {
      manifest = genList (index: elemAt refs (length names + index)) (length manifests);
    }
    // (
      # A platform of nixpkgs.
      if isAttrs (wanted.host or null) then { host = target wanted.host; } else { }
    )
  );
in
if !isAttrs wanted then
  call "toolchain" wanted
else if isPath (wanted.toolchain or null) then
  throw "rust.toolchain: toolchain: this is a path: give a toolchain file as `file`"
else
  answer // { warnings = files.file.warnings or [ ] ++ answer.warnings; }
