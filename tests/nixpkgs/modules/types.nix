/**
  The types of options: which values are of each, and what several definitions make.

  # Example

  ```nix
  (types.listOf types.int).merge "a" [ [ 1 ] [ 2 ] ]
  => [ 1 2 ]
  ```
*/
{ discharge, lib }:

let
  inherit (builtins)
    all
    attrNames
    concatMap
    elem
    head
    isAttrs
    isBool
    isInt
    isList
    isString
    match
    tail
    ;

  isPackage = value: isAttrs value && (value.type or null) == "derivation";

  same =
    path: values:
    if all (value: value == head values) (tail values) then
      head values
    else
      throw "The option `${path}' has conflicting definition values";

  simple = name: check: {
    inherit check name;
    merge = same;
  };

  checked =
    path: type: values:
    if all type.check values then
      type.merge path values
    else
      throw "A definition for option `${path}' is not of type `${type.name}'";

  attrsOf = type: {
    name = "attribute set of ${type.name}";
    check = isAttrs;
    empty = true;
    merge =
      path: sets:
      let
        names = lib.genAttrs (concatMap attrNames sets) (name: name);
        of = name: discharge (concatMap (set: lib.optional (set ? ${name}) set.${name}) sets);
        defined = builtins.filter (name: of name != [ ]) (attrNames names);
      in
      lib.genAttrs defined (name: checked "${path}.${name}" type (of name));
  };

  listOf = type: {
    name = "list of ${type.name}";
    check = isList;
    empty = true;
    merge = path: lists: map (value: checked path type (discharge [ value ])) (concatMap (x: x) lists);
  };

  anything = {
    name = "anything";
    check = _: true;
    merge =
      path: values:
      if all (value: isAttrs value && !isPackage value) values then
        (attrsOf anything).merge path values
      else if all isList values then
        concatMap (x: x) values
      else
        same path values;
  };

  int = simple "signed integer" isInt;

  str = simple "string" isString;
in
{
  inherit
    anything
    attrsOf
    int
    listOf
    str
    ;

  bool = simple "boolean" isBool;

  package = simple "package" (value: isPackage value || lib.hasPrefix builtins.storeDir "${value}");

  path = simple "absolute path" (
    value: lib.hasPrefix "/" (if isAttrs value then "${value}" else toString value)
  );

  ints.positive = simple "positive integer" (value: isInt value && value > 0);
  ints.unsigned = simple "unsigned integer" (value: isInt value && value >= 0);

  strMatching =
    pattern: simple "string matching ${pattern}" (value: isString value && match pattern value != null);

  enum = values: simple "one of ${builtins.toJSON values}" (value: elem value values);

  nullOr = type: {
    name = "null or ${type.name}";
    check = value: value == null || type.check value;
    merge = path: values: if all (value: value == null) values then null else checked path type values;
  };

  either = one: other: {
    name = "${one.name} or ${other.name}";
    check = value: one.check value || other.check value;
    merge =
      path: values: if all one.check values then one.merge path values else checked path other values;
  };
}
