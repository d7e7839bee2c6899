/**
  Modules: options that are declared, and definitions that are merged by priority and type.

  # Example

  ```nix
  (evalModules { modules = [ { options.a = mkOption { type = types.int; }; config.a = 1; } ]; }).config.a
  => 1
  ```
*/
lib:

let
  inherit (import ./types.nix { inherit discharge evalModules lib; })
    mergeEqualOption
    mkOptionType
    types
    ;

  # Of what is defined once or several times: the values that count, after conditions, and those
  # of the strongest priority alone.
  discharge =
    definitions:
    let
      expand =
        priority: value:
        let
          kind = value._type or null;
        in
        if !builtins.isAttrs value then
          [ { inherit priority value; } ]
        else if kind == "merge" then
          builtins.concatMap (expand priority) value.contents
        else if kind == "if" then
          lib.optionals value.condition (expand priority value.content)
        else if kind == "override" then
          expand value.priority value.content
        else
          [ { inherit priority value; } ];
      all = builtins.concatMap (expand 100) definitions;
      strongest = builtins.foldl' (
        least: one: if one.priority < least then one.priority else least
      ) 10000 all;
    in
    map (one: one.value) (builtins.filter (one: one.priority == strongest) all);

  # The definitions of what is in a set, with the set's conditions. Which names there are does not
  # hang on a condition, which may be about what is defined here.
  pushDown =
    value:
    if (value._type or null) == "merge" then
      builtins.concatMap pushDown value.contents
    else if (value._type or null) == "if" then
      map (builtins.mapAttrs (_: mkIf value.condition)) (pushDown value.content)
    else
      [ value ];

  isOption = value: (value._type or null) == "option";

  mkOption = attributes: attributes // { _type = "option"; };

  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };

  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };

  show = builtins.concatStringsSep ".";

  evalModules =
    {
      modules,
      specialArgs ? { },
    }:
    let
      arguments = specialArgs // {
        inherit config lib options;
      };

      load =
        module:
        let
          given = if builtins.isPath module || builtins.isString module then import module else module;
          # Each argument by itself: what is in them is known in the end only.
          called =
            if builtins.isFunction given then
              given (
                builtins.mapAttrs (name: _: arguments.${name} or (throw "no argument `${name}' for modules")) (
                  builtins.functionArgs given
                )
              )
            else
              given;
          isFull = called ? options || called ? config;
          strange = builtins.attrNames (
            removeAttrs called [
              "config"
              "imports"
              "options"
            ]
          );
        in
        if isFull && strange != [ ] then
          throw "a module has `config' or `options', and beside it: ${toString strange}"
        else
          builtins.concatMap load (called.imports or [ ])
          ++ [
            {
              options = called.options or { };
              config = called.config or (if isFull then { } else removeAttrs called [ "imports" ]);
            }
          ];

      loaded = builtins.concatMap load modules;

      join =
        path: left: right:
        left
        // builtins.mapAttrs (
          name: value:
          if !(left ? ${name}) then
            value
          else if isOption value || isOption left.${name} then
            throw "The option `${show (path ++ [ name ])}' is declared twice"
          else
            join (path ++ [ name ]) left.${name} value
        ) right;

      options = builtins.foldl' (all: module: join [ ] all module.options) { } loaded;

      evaluate =
        path: declared: definitions:
        let
          pushed = builtins.concatMap pushDown definitions;
          of = name: builtins.concatMap (one: lib.optional (one ? ${name}) one.${name}) pushed;
          unknown = builtins.filter (name: !(declared ? ${name})) (
            builtins.concatMap builtins.attrNames pushed
          );
        in
        if unknown != [ ] then
          throw "The option `${show (path ++ [ (builtins.head unknown) ])}' does not exist"
        else
          builtins.mapAttrs (
            name: option:
            if isOption option then
              value (path ++ [ name ]) option (of name)
            else
              evaluate (path ++ [ name ]) option (of name)
          ) declared;

      value =
        path: option: definitions:
        let
          given = discharge (definitions ++ lib.optional (option ? default) (mkOverride 1500 option.default));
        in
        if given == [ ] && !(option.type ? empty) then
          throw "The option `${show path}' was accessed but has no value defined"
        else
          (option.apply or (x: x)) (merge path option.type given);

      merge =
        path: type: values:
        let
          wrong = builtins.filter (value: !type.check value) values;
        in
        if wrong != [ ] then
          throw "A definition for option `${show path}' is not of type `${type.name}'"
        else
          type.merge path (map (value: { inherit value; }) values);

      config = evaluate [ ] options (map (module: module.config) loaded);
    in
    {
      inherit config options;
    };
in
{
  inherit
    evalModules
    mergeEqualOption
    mkIf
    mkOption
    mkOptionType
    mkOverride
    types
    ;

  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };

  mkDefault = mkOverride 1000;

  mkForce = mkOverride 50;

  mkEnableOption =
    name:
    mkOption {
      type = types.bool;
      default = false;
      description = "Whether to enable ${name}.";
    };

  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
}
