/**
  `services.nix-sccache` for NixOS: sccache's daemon, the gateway in front of it, and the settings
  of Nix that have builds reach it.

  # Example

  ```nix
  { imports = [ nix-sccache.nixosModules.default ]; services.nix-sccache.enable = true; }
  ```

  Directives of the units are defaults: `systemd.services.nix-sccache-daemon.serviceConfig` has
  the last word. `after`, `wants`, `requires` and the like add to ours.
*/
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (builtins) filter;
  inherit (lib) mkDefault optional optionals;

  cfg = config.services.nix-sccache;
  units = import ./units.nix { inherit lib; };
  sccache = import ../packages/sccache/version.nix cfg.sccache;
  execPaths = import ./execPaths.nix { inherit pkgs; };

  flag =
    name: value:
    optionals (value != null) [
      "--${name}"
      (toString value)
    ];

  made = units.make {
    inherit (cfg) group maxFrame;
    inherit (cfg.disk) directory;
    program = "${cfg.package}/bin/nix-sccache";
    sccache = "${cfg.sccache}/bin/sccache";
    flags =
      optional cfg.readOnly "--read-only"
      ++ flag "max-frame" cfg.maxFrame
      ++ flag "max-memory" cfg.limits.maxMemory
      ++ flag "user-memory" cfg.limits.userMemory
      ++ flag "max-connections" cfg.limits.maxConnections
      ++ flag "user-connections" cfg.limits.userConnections
      ++ flag "max-requests" cfg.limits.maxRequests
      ++ flag "user-requests" cfg.limits.userRequests
      ++ flag "timeout" cfg.limits.timeout
      ++ flag "idle" cfg.limits.idle;
    levels = { inherit (cfg) disk redis s3; };
    isFar =
      cfg.s3.bucket != null
      || (cfg.redis.endpoint != null && builtins.match "(redis[+])?unix://.*" cfg.redis.endpoint == null);
    s3Credentials = path cfg.s3.credentialsFile;
    environmentFile = path cfg.environmentFile;
  };

  # Not copied to the store, as a path in a string would be.
  path = file: if file == null then null else toString file;

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
in
{
  options.services.nix-sccache = import ./options.nix { inherit config lib pkgs; };

  config = lib.mkIf cfg.enable {
    assertions = import ./validation.nix { inherit config lib; };

    warnings =
      optional (!config.nix.enable)
        "services.nix-sccache: nix.enable is off, so nobody writes nix.conf: add `extra-sandbox-paths = ${units.sandbox_path}` and plugin-files to it."
      ++
        optional (!lib.versionOlder sccache "0.20")
          "services.nix-sccache: the gateway knows the protocol of sccache 0.17 to 0.19, and this is ${sccache}: it may refuse what builds ask.";

    nix.settings = {
      extra-sandbox-paths = [ units.sandbox_path ];
    }
    // lib.optionalAttrs (cfg.plugin != null) {
      # To those of the machine, which may be a list or a string.
      extra-plugin-files = [ "${cfg.plugin}/lib/nix/plugins/libnix_sccache.so" ];
    };

    users.groups.${units.group} = { };
    users.users = builtins.mapAttrs (_: description: {
      isSystemUser = true;
      inherit (units) group;
      inherit description;
    }) units.users;

    systemd.tmpfiles.rules = units.folders cfg.disk.directory;

    systemd.packages = [
      (execPaths "nix-sccache.service" cfg.package made.gateway.Service.NoExecPaths)
      (execPaths "nix-sccache-daemon.service" cfg.sccache made.daemon.Service.NoExecPaths)
    ];

    systemd.services.nix-sccache = service made.gateway;
    systemd.services.nix-sccache-daemon = service made.daemon;
    systemd.sockets.nix-sccache = common made.socket.Unit // {
      socketConfig = defaults made.socket.Socket;
      wantedBy = [ made.socket.Install.WantedBy ];
    };
  };
}
