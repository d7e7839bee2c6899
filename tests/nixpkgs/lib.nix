# The functions of nixpkgs' lib that this project uses.

let
  inherit (builtins)
    functionArgs
    intersectAttrs
    isAttrs
    isBool
    isFunction
    isList
    listToAttrs
    mapAttrs
    ;
in

rec {
  inherit (builtins) concatLists;

  toList = value: if isList value then value else [ value ];

  inherit (import ./modules (import ./lib.nix))
    evalModules
    literalExpression
    mergeEqualOption
    mkDefault
    mkEnableOption
    mkForce
    mkIf
    mkMerge
    mkOption
    mkOptionType
    mkOverride
    types
    ;

  fix =
    f:
    let
      final = f final;
    in
    final;

  extends =
    overlay: f: final:
    let
      previous = f final;
    in
    previous // overlay final previous;

  genAttrs =
    names: f:
    listToAttrs (
      map (name: {
        inherit name;
        value = f name;
      }) names
    );

  unique = builtins.foldl' (seen: one: if builtins.elem one seen then seen else seen ++ [ one ]) [ ];

  subtractLists = taken: builtins.filter (one: !builtins.elem one taken);

  intersectLists = one: builtins.filter (value: builtins.elem value one);

  # The systems that there are.
  platforms = {
    all = platforms.linux ++ [ "aarch64-darwin" ];
    linux = [
      "aarch64-linux"
      "x86_64-linux"
    ];
  };

  optional = condition: value: if condition then [ value ] else [ ];

  optionals = condition: list: if condition then list else [ ];

  optionalString = condition: string: if condition then string else "";

  optionalAttrs = condition: attrs: if condition then attrs else { };

  recursiveUpdate =
    left: right:
    left
    // mapAttrs (
      name: value:
      if isAttrs value && isAttrs (left.${name} or null) then
        recursiveUpdate left.${name} value
      else
        value
    ) right;

  concatStrings = builtins.concatStringsSep "";

  concatMapStringsSep =
    separator: f: list:
    builtins.concatStringsSep separator (map f list);

  foldr =
    f: last: list:
    if list == [ ] then last else f (builtins.head list) (foldr f last (builtins.tail list));

  nameValuePair = name: value: { inherit name value; };

  mapAttrs' = f: attrs: listToAttrs (mapAttrsToList f attrs);

  mapAttrsToList = f: attrs: map (name: f name attrs.${name}) (builtins.attrNames attrs);

  boolToString = value: if value then "true" else "false";

  hasPrefix = prefix: string: builtins.substring 0 (builtins.stringLength prefix) string == prefix;

  removeSuffix =
    suffix: string:
    let
      length = builtins.stringLength string - builtins.stringLength suffix;
      ends = length >= 0 && builtins.substring length (-1) string == suffix;
    in
    if ends then builtins.substring 0 length string else string;

  # The output with a package's programs, or with its libraries.
  getBin = package: package.bin or package;

  getLib = package: package.lib or package;

  makeLibraryPath =
    packages: builtins.concatStringsSep ":" (map (package: "${getLib package}/lib") packages);

  assertMsg = condition: message: if condition then true else throw message;

  versionOlder = version: other: builtins.compareVersions version other < 0;

  # The result of `f args` with `override`, which calls f with other arguments.
  makeOverridable =
    f: args:
    let
      result = f args;
      override = new: makeOverridable f (args // (if isFunction new then new args else new));
    in
    if isAttrs result then
      result
      // {
        inherit override;
      }
      // optionalAttrs (result ? overrideAttrs) {
        overrideAttrs = change: makeOverridable (args: (f args).overrideAttrs change) args;
      }
    else if isFunction result then
      {
        inherit override;
        __functor = _: result;
      }
    else
      result;

  # Calls a function, or that of a file, with the packages that its arguments name.
  callPackageWith =
    packages: fileOrFunction: args:
    let
      f = if isFunction fileOrFunction then fileOrFunction else import fileOrFunction;
    in
    makeOverridable f (intersectAttrs (functionArgs f) packages // args);

  licenses = {
    mit.spdxId = "MIT";
    asl20.spdxId = "Apache-2.0";
  };

  warn = message: builtins.trace "warning: ${message}";

  # As in nixpkgs' lib/generators.nix.
  generators.toINI =
    {
      listsAsDuplicateKeys ? false,
    }:
    sections:
    let
      line = name: value: "${name}=${if isBool value then boolToString value else toString value}\n";
      lines =
        name: value:
        if listsAsDuplicateKeys && isList value then
          concatStrings (map (line name) value)
        else
          line name value;
      section = name: values: "[${name}]\n" + concatStrings (mapAttrsToList lines values);
    in
    builtins.concatStringsSep "\n" (mapAttrsToList section sections);

  # Of a set of { expr, expected }, those in which the two differ.
  runTests =
    tests:
    builtins.concatMap (
      name:
      let
        inherit (tests.${name}) expected expr;
      in
      optional (expr != expected) {
        inherit name expected;
        result = expr;
      }
    ) (builtins.attrNames tests);

  # The environment in `env` as stdenv.mkDerivation wants it: nothing but strings in the end.
  environment = mapAttrs (_: value: if value == true then "1" else toString value);
}
