/**
  The types of options: which values are of each, and what several definitions make. As in nixpkgs,
  `merge` takes the option's path, as a list, and definitions, sets with a `value`.

  # Example

  ```nix
  (types.listOf types.int).merge [ "a" ] [ { value = [ 1 ]; } { value = [ 2 ]; } ]
  => [ 1 2 ]
  ```
*/
{
  discharge,
  evalModules,
  lib,
}:

let
  inherit (builtins)
    all
    attrNames
    concatMap
    elem
    head
    isAttrs
    isBool
    isFloat
    isFunction
    isInt
    isList
    isPath
    isString
    match
    tail
    ;

  show = builtins.concatStringsSep ".";

  mkOptionType =
    {
      name,
      check ? _: true,
      merge ? mergeEqualOption,
      ...
    }@attributes:
    attributes // { inherit check merge; };

  mergeEqualOption =
    loc: defs:
    if all (def: def.value == (head defs).value) (tail defs) then
      (head defs).value
    else
      throw "The option `${show loc}' has conflicting definition values";

  isPackage = value: isAttrs value && (value.type or null) == "derivation";

  simple = name: check: mkOptionType { inherit check name; };

  # By priority, and then by type.
  checked =
    loc: type: values:
    if all type.check values then
      type.merge loc (map (value: { inherit value; }) values)
    else
      throw "A definition for option `${show loc}' is not of type `${type.name}'";

  attrsOf =
    type:
    mkOptionType {
      name = "attribute set of ${type.name}";
      check = isAttrs;
      empty = true;
      merge =
        loc: defs:
        let
          names = lib.genAttrs (concatMap (def: attrNames def.value) defs) (name: name);
          of = name: discharge (concatMap (def: lib.optional (def.value ? ${name}) def.value.${name}) defs);
          defined = builtins.filter (name: of name != [ ]) (attrNames names);
        in
        lib.genAttrs defined (name: checked (loc ++ [ name ]) type (of name));
    };

  listOf =
    type:
    mkOptionType {
      name = "list of ${type.name}";
      check = isList;
      empty = true;
      merge =
        loc: defs: map (value: checked loc type (discharge [ value ])) (concatMap (def: def.value) defs);
    };

  # A set of options of its own.
  submodule =
    modules:
    mkOptionType {
      name = "submodule";
      check = value: isAttrs value || isFunction value;
      merge =
        loc: defs:
        (evalModules {
          modules = (if isList modules then modules else [ modules ]) ++ map (def: def.value) defs;
          specialArgs.name = builtins.elemAt loc (builtins.length loc - 1);
        }).config;
    };

  anything = mkOptionType {
    name = "anything";
    merge =
      loc: defs:
      if all (def: isAttrs def.value && !isPackage def.value) defs then
        (attrsOf anything).merge loc defs
      else if all (def: isList def.value) defs then
        concatMap (def: def.value) defs
      else
        mergeEqualOption loc defs;
  };

  int = simple "signed integer" isInt;

  str = simple "string" isString;

  lines = str // {
    name = "strings concatenated with newlines";
    merge = _: defs: builtins.concatStringsSep "\n" (map (def: def.value) defs);
  };

  either =
    one: other:
    mkOptionType {
      name = "${one.name} or ${other.name}";
      check = value: one.check value || other.check value;
      merge =
        loc: defs:
        let
          values = map (def: def.value) defs;
        in
        if all one.check values then
          one.merge loc defs
        else if all other.check values then
          other.merge loc defs
        else
          mergeEqualOption loc defs;
    };
in
{
  inherit mergeEqualOption mkOptionType;

  types = {
    inherit
      anything
      attrsOf
      either
      int
      lines
      listOf
      str
      submodule
      ;

    bool = simple "boolean" isBool;

    float = simple "floating point number" isFloat;

    raw = simple "raw value" (_: true);

    package = simple "package" (
      value: isPackage value || (isString value && lib.hasPrefix builtins.storeDir value)
    );

    path = simple "absolute path" (
      value: isPath value || isPackage value || (isString value && lib.hasPrefix "/" value)
    );

    ints.positive = simple "positive integer" (value: isInt value && value > 0);
    ints.unsigned = simple "unsigned integer" (value: isInt value && value >= 0);

    strMatching =
      pattern: simple "string matching ${pattern}" (value: isString value && match pattern value != null);

    enum = values: simple "one of ${builtins.toJSON values}" (value: elem value values);

    oneOf = types: builtins.foldl' either (head types) (tail types);

    nullOr =
      type:
      mkOptionType {
        name = "null or ${type.name}";
        check = value: value == null || type.check value;
        merge =
          loc: defs:
          if all (def: def.value == null) defs then null else checked loc type (map (def: def.value) defs);
      };
  };
}
