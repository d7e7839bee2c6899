# Calls of the plugin's one function: the argument as JSON, and of the answer a value.
#
# Returns `call`, for a builtin of settings; `callWith`, which is told how far to follow the argument;
# `callAbout`, for one of files; and `documentLimits`, for an argument that may be any value.
{
  ask,
  float,
  hideHashes,
}:

let
  inherit (builtins)
    attrNames
    concatStringsSep
    elemAt
    foldl'
    fromJSON
    genList
    head
    isAttrs
    isFloat
    isFunction
    isList
    isPath
    isString
    length
    mapAttrs
    stringLength
    substring
    toJSON
    unsafeDiscardStringContext
    ;

  # How far a builtin follows its argument. JSON nests at most 128 deep for our reader, and a
  # list takes two levels of it. A set of settings is small: what is wide is something else, a
  # whole package set, say, given instead of a package.
  documentLimits = {
    depth = 120;
    width = 1000000;
    path = copied;
  };
  settingsLimits = {
    depth = 12;
    width = 64;
    path = literal;
  };

  # The argument, with what JSON lacks as arrays: see core/src/request/json.rs. What is beyond
  # the limits stops it at once: a set that contains itself twice over has no end.
  encode =
    limits: left: value:
    if isAttrs value then
      if value ? __toString then
        "${value}"
      else if left < 1 then
        throw "rust.${limits.builtin}: this is nested more than ${toString limits.depth} sets deep, or contains itself"
      else if value ? outPath then
        # Whatever that is, as `builtins.toJSON` does; a string for whatever is a package.
        encode (limits // { path = copied; }) (left - 1) value.outPath
      else if length (attrNames value) > limits.width then
        throw "rust.${limits.builtin}: a set of ${toString (length (attrNames value))} attributes is not what is wanted anywhere here"
      else
        mapAttrs (_: encode limits (left - 1)) value
    else if isList value then
      if left < 2 then
        throw "rust.${limits.builtin}: this is nested more than ${toString (limits.depth / 2)} lists deep, or contains itself"
      else
        [ (map (encode limits (left - 2)) value) ]
    else if isFloat value then
      [ "float" ] ++ float value
    else if isFunction value then
      [ "function" ]
    else if isPath value then
      limits.path value
    else
      value;

  # A path literal as itself: most builtins want a path of the build's, and copying
  # that to the store is never what was meant. It is for errors alone.
  literal = path: [
    "path"
    (hideHashes (toString path))
  ];

  # A path literal as `builtins.toJSON` has it: copied to the store.
  copied = path: "${path}";

  # The strings of an answer depend on all that the argument depended on: `context` is an empty string
  # that does. Only operations on strings carry a context over whatever it is. `appendContext` fails
  # for a path that is not in the store yet: a flake's own source, say, which Nix from 2.35 on copies
  # when a derivation needs it. And `hasContext` does not tell of all that there is: Determinate Nix
  # keeps by it what a path stands for that it shows as a string.
  carry =
    context: answer:
    if isString answer then
      context + answer
    else if isAttrs answer then
      mapAttrs (_: carry context) answer
    else if isList answer then
      map (carry context) answer
    else
      answer;

  callWith =
    limits: builtin: text: argument:
    let
      request = toJSON (encode (limits // { inherit builtin; }) limits.depth argument);
      plain = unsafeDiscardStringContext request;
      # Evaluated before the plugin is asked: what the argument throws does not pass through it.
      answer = fromJSON (builtins.seq plain (builtins.seq text (ask builtin plain text)));
    in
    if answer ? err then throw (hideHashes answer.err) else carry (substring 0 0 request) answer.ok;

  call = builtin: callWith settingsLimits builtin "";

  # Calls a builtin about files: `texts` is a list of `{ name; text; }`, and `argument` makes the
  # argument of what stands in it for each of them, in the same order (core/src/source.rs, TextRef).
  callAbout =
    builtin: texts: argument:
    let
      lengths = map ({ text, ... }: stringLength text) texts;
      # Where each begins, in bytes, when they follow one another.
      starts = foldl' (
        starts: length: starts ++ [ (elemAt starts (builtins.length starts - 1) + length) ]
      ) [ 0 ] lengths;
      refs = genList (index: {
        inherit (elemAt texts index) name;
        start = elemAt starts index;
        length = elemAt lengths index;
      }) (length texts);
      # One alone is not copied: it may be large.
      all =
        if length texts == 1 then
          (head texts).text
        else
          concatStringsSep "" (map ({ text, ... }: text) texts);
    in
    callWith settingsLimits builtin (unsafeDiscardStringContext all) (argument refs);
in
{
  inherit
    call
    callAbout
    callWith
    documentLimits
    ;
}
