/**
  The options of NixOS that this project's module defines, and the units that NixOS makes of them:
  `config.systemd.units."NAME".text`.

  # Example

  ```nix
  lib.evalModules { modules = [ ./nixos.nix { … } ]; specialArgs = { inherit pkgs; }; }
  ```
*/
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  option =
    type: default:
    mkOption {
      inherit type;
      inherit default;
    };

  anySet = option (types.attrsOf types.anything) { };

  # As in nixos/lib/systemd-unit-options.nix and systemd-lib.nix: what is a list there adds up, and
  # stands in the unit's first section then, before what is only a default there.
  unitOption = lib.mkOptionType {
    name = "systemd option";
    merge =
      loc: defs:
      if builtins.any (def: builtins.isList def.value) defs then
        builtins.concatMap (def: lib.toList def.value) defs
      else
        lib.mergeEqualOption loc defs;
  };

  section = option (types.attrsOf unitOption) { };

  units = option (types.listOf types.str) [ ];

  dependencies = {
    after = "After";
    before = "Before";
    bindsTo = "BindsTo";
    conflicts = "Conflicts";
    documentation = "Documentation";
    onFailure = "OnFailure";
    partOf = "PartOf";
    requires = "Requires";
    requisite = "Requisite";
    wants = "Wants";
  };

  unitWith =
    options:
    types.attrsOf (
      types.submodule (
        { config, ... }:
        {
          options =
            builtins.mapAttrs (_: _: units) dependencies
            // {
              description = option types.str "";
              unitConfig = section;
              requiredBy = units;
              wantedBy = units;
            }
            // options;
          config.unitConfig = builtins.listToAttrs (
            builtins.concatMap (
              name:
              lib.optional (config.${name} != [ ]) {
                name = dependencies.${name};
                value = toString config.${name};
              }
            ) (builtins.attrNames dependencies)
            ++ lib.optional (config.description != "") {
              name = "Description";
              value = config.description;
            }
          );
        }
      )
    );

  # As in nixos/modules/config/nix.nix.
  conf =
    let
      atom = types.nullOr (
        types.oneOf [
          types.bool
          types.int
          types.float
          types.str
          types.path
          types.package
        ]
      );
    in
    types.attrsOf (types.either atom (types.listOf atom));

  line =
    name: value:
    let
      text = if builtins.isBool value then lib.boolToString value else toString value;
    in
    "${name}=${text}\n";

  lines =
    section:
    lib.concatStrings (
      lib.concatLists (
        lib.mapAttrsToList (
          name: value: if builtins.isList value then map (line name) value else [ (line name value) ]
        ) section
      )
    );

  variable = name: value: ''
    Environment=${builtins.toJSON "${name}=${toString value}"}
  '';

  unit =
    name: more:
    { unitConfig, ... }@definition:
    {
      text = ''
        [Unit]
        ${lines unitConfig}
        [${name}]
        ${lib.concatStrings (lib.mapAttrsToList variable (definition.environment or { }))}${more}'';
    };

  service = definition: unit "Service" (lines definition.serviceConfig) definition;

  socket = definition: unit "Socket" (lines definition.socketConfig) definition;

  named =
    end: make: definitions:
    builtins.listToAttrs (
      lib.mapAttrsToList (name: definition: {
        name = name + end;
        value = make definition;
      }) definitions
    );
in
{
  options = {
    assertions = option (types.listOf types.anything) [ ];
    boot = anySet;
    warnings = option (types.listOf types.str) [ ];
    nix = {
      enable = option types.bool true;
      package = option types.package pkgs.nix;
      settings = option conf { };
      extraOptions = option types.lines "";
    };
    nixpkgs = anySet;
    system.stateVersion = option types.str "";
    systemd = {
      packages = option (types.listOf types.package) [ ];
      services = option (unitWith {
        environment = option (types.attrsOf types.anything) { };
        serviceConfig = section;
      }) { };
      sockets = option (unitWith { socketConfig = section; }) { };
      tmpfiles.rules = option (types.listOf types.str) [ ];
      units = anySet;
    };
    users = {
      groups = anySet;
      users = anySet;
    };
  };

  config.nix.settings = {
    # As NixOS has them.
    build-users-group = lib.mkDefault "nixbld";
    auto-allocate-uids = lib.mkDefault false;
  };

  config.systemd.units =
    named ".service" service config.systemd.services // named ".socket" socket config.systemd.sockets;
}
