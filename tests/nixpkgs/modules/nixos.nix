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
    warnings = option (types.listOf types.str) [ ];
    nix = {
      enable = option types.bool true;
      package = option types.package pkgs.nix;
      settings = anySet;
    };
    systemd = {
      packages = option (types.listOf types.package) [ ];
      services = anySet;
      sockets = anySet;
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
