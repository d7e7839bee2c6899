# The files that arguments name. They are read here, under Nix's own rules of pure and restricted
# evaluation.
{ hideHashes }:

let
  inherit (builtins)
    concatStringsSep
    elemAt
    genList
    head
    isAttrs
    isPath
    isString
    length
    pathExists
    stringLength
    toJSON
    ;

  isGiven = name: argument: argument.${name} or null != null;

  # Where a file is that an attribute names: a path literal, an absolute path in a string, or
  # what has an `outPath`, as a package and a flake's input have.
  placeOf = placeOr "a path or a flake's input";

  placeOr =
    wanted: builtin: attribute: given:
    let
      isPlace = value: isPath value || (isString value && builtins.substring 0 1 value == "/");
    in
    if isPlace given then
      given
    else if isAttrs given && given ? outPath && isPlace given.outPath then
      given.outPath
    else
      throw "rust.${builtin}: ${attribute}: this must be ${wanted}, and it is ${
        if isString given then
          toJSON (builtins.substring 0 100 given)
        else
          "of the type ${builtins.typeOf given}"
      }";

  # What a file is called in errors and warnings: nothing comes to depend on it.
  nameOf = path: hideHashes (toString path);

  # A file as a text for `callAbout`.
  read = path: {
    name = nameOf path;
    text = builtins.readFile path;
  };

  # The toolchain file at a place, which may be a directory that has one. Rustup looks for the name
  # without an ending first.
  toolchainFile =
    place:
    let
      plain = place + "/rust-toolchain";
      toml = place + "/rust-toolchain.toml";
    in
    if pathExists plain then
      read plain
      // {
        warnings =
          if pathExists toml then
            [ "${nameOf plain} and rust-toolchain.toml are both there, and the former is taken, as by rustup" ]
          else
            [ ];
      }
    else if pathExists toml then
      read toml
    else if builtins ? readFileType && builtins.readFileType place == "directory" then
      throw "rust.toolchain: file: the directory ${nameOf place} has neither rust-toolchain nor rust-toolchain.toml"
    else
      read place;

  # What an attribute names as a file, or is itself.
  textOf =
    builtin: attribute: given:
    if isString given && builtins.substring 0 1 given != "/" then
      {
        name = "the text of ${attribute}";
        text = given;
      }
    else
      read (placeOr "a path, a flake's input or a text" builtin attribute given);

  # A manifest: a file, or its text, which is no mere name.
  manifest =
    attribute: given:
    if isString given && stringLength given < 256 && builtins.match ".*[.]toml" given != null then
      read (placeOf "toolchain" attribute given)
    else
      textOf "toolchain" attribute given;

  # The stage0 file of a rustc source tree, whichever of its names it has.
  stage0File =
    builtin: attribute: given:
    let
      tree = placeOf builtin attribute given;
      names = [
        "src/stage0"
        "src/stage0.json"
        "src/stage0.txt"
      ];
      present = builtins.filter (name: pathExists (tree + "/${name}")) names;
    in
    if present != [ ] then
      read (tree + "/${head present}")
    else if builtins.elem (baseNameOf tree) (map baseNameOf names) then
      # The file itself.
      read tree
    else if pathExists tree then
      throw "rust.${builtin}: ${attribute}: ${nameOf tree} has none of ${concatStringsSep ", " names}: give an unpacked rustc source tree"
    else
      # So that Nix says itself what is wrong with it.
      read (tree + "/${head names}");

  # Each of these names with the text that stands for it, which are in the same order.
  named =
    names: refs:
    builtins.listToAttrs (
      genList (index: {
        name = elemAt names index;
        value = elemAt refs index;
      }) (length names)
    );
in
{
  inherit
    isGiven
    manifest
    named
    placeOf
    read
    stage0File
    textOf
    toolchainFile
    ;
}
