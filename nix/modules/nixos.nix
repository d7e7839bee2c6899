/**
  `services.nix-sccache` for NixOS: sccache's daemon, the gateway in front of it, the plugin, and the
  settings of Nix by which builds reach them.

  # Example

  ```nix
  {
    imports = [ nix-sccache.nixosModules.default ];
    services.nix-sccache.enable = true;
  }
  ```

  The units' directives are defaults: what `systemd.services.nix-sccache-daemon.serviceConfig` says
  replaces them. `after`, `wants`, `requires` and the like are added to those of the module.
*/
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (builtins) filter;
  inherit (lib) mkDefault optional;

  cfg = config.services.nix-sccache;
  units = import ./units.nix { inherit lib pkgs; };
  made = units.make cfg;
  execPaths = import ./execPaths.nix { inherit pkgs; };

  validation = import ./validation.nix {
    inherit cfg lib;
    name = "services.nix-sccache";
    nixSettings = config.nix.settings;
  };

  # Of the machine's settings, where each may be a list or a string. Nix from 2.33 on has no
  # extra-plugin-files, and of several plugin-files takes the last.
  pluginFiles = builtins.concatMap (name: lib.toList (config.nix.settings.${name} or [ ])) [
    "plugin-files"
    "extra-plugin-files"
  ];

  defaults = builtins.mapAttrs (_: mkDefault);

  # What these name adds up: what a machine's configuration says is as well as ours. NixOS makes
  # directives of its options for them, which would replace ours.
  dependencies = {
    After = "after";
    Before = "before";
    BindsTo = "bindsTo";
    Conflicts = "conflicts";
    OnFailure = "onFailure";
    PartOf = "partOf";
    Requires = "requires";
    Requisite = "requisite";
    Wants = "wants";
  };

  # The section that all units have.
  common =
    section:
    {
      unitConfig =
        defaults (removeAttrs section ([ "RequiresMountsFor" ] ++ builtins.attrNames dependencies))
        // lib.optionalAttrs (section ? RequiresMountsFor) {
          RequiresMountsFor = [ section.RequiresMountsFor ];
        };
    }
    // builtins.listToAttrs (
      map (directive: {
        name = dependencies.${directive};
        value = lib.toList section.${directive};
      }) (filter (directive: section ? ${directive}) (builtins.attrNames dependencies))
    );

  service =
    unit:
    common unit.Unit
    // {
      environment = defaults (unit.Environment or { });
      # With the paths that may be executed, in a drop-in.
      serviceConfig = defaults (removeAttrs unit.Service [ "NoExecPaths" ]);
      wantedBy = optional (unit ? Install) unit.Install.WantedBy;
    };
  socket =
    unit:
    common unit.Unit
    // {
      socketConfig = defaults unit.Socket;
      wantedBy = [ unit.Install.WantedBy ];
    };
in
{
  options.services.nix-sccache = {
    enable = lib.mkEnableOption "a compiler cache that sandboxed builds reach";
  }
  // import ./options.nix {
    inherit lib pkgs;
    nix = config.nix.package;
  };

  config = lib.mkIf cfg.enable {
    inherit (validation) assertions;

    warnings =
      validation.warnings
      ++
        optional (!config.nix.enable)
          "services.nix-sccache: nix.enable is off, so nobody writes nix.conf: add `extra-sandbox-paths = ${units.sandboxPath}` and plugin-files to it.";

    nix.settings = made.nixSettings;
    nix.extraOptions = lib.mkIf (made.pluginFile != null) ''
      plugin-files = ${toString (pluginFiles ++ [ made.pluginFile ])}
    '';

    users.groups.${units.group} = { };
    users.users = builtins.mapAttrs (_: description: {
      isSystemUser = true;
      inherit (units) group;
      inherit description;
    }) units.users;

    systemd = {
      packages = lib.mapAttrsToList (
        name: package: execPaths "${name}.service" package made.services.${name}.Service.NoExecPaths
      ) made.programs;
      services = builtins.mapAttrs (_: service) made.services;
      sockets = builtins.mapAttrs (_: socket) made.sockets;
      tmpfiles.rules = made.tmpfiles;
    };
  };
}
