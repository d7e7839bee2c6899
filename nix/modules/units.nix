/**
  What the host's side is made of, by `units.toml` and the settings of `options.nix`: units as sections of
  directives, and what else systemd and Nix are told. The NixOS module sets its options by it, and
  `packages.units` writes files.

  # Example

  ```nix
  (import ./units.nix { inherit pkgs; inherit (pkgs) lib; }).make config.services.nix-sccache
  => {
    sockets.nix-sccache = { Unit = { … }; Socket = { … }; Install = { … }; };
    services = { nix-sccache = { … }; nix-sccache-daemon = { … }; };
    programs = { nix-sccache = «derivation …»; nix-sccache-daemon = «derivation …»; };
    tmpfiles = [ "d /run/nix-sccache 0755 root root -" … ];
    nixSettings.extra-sandbox-paths = [ "/run/nix-sccache?" ];
    pluginFile = "/nix/store/…/lib/nix/plugins/libnix_sccache.so";
  }
  ```

  `programs` are the packages that a service executes. Its unit forbids to execute anything (`NoExecPaths`);
  `execPaths.nix` makes the exceptions for its package.
*/
{ lib, pkgs }:

let
  inherit (builtins) concatMap concatStringsSep filter;
  inherit (lib) optional optionalAttrs optionals;

  read = builtins.fromTOML (builtins.readFile ./units.toml);

  # Of a variable's value; `%` is systemd's.
  text =
    value:
    builtins.replaceStrings [ "%" ] [ "%%" ] (
      if builtins.isBool value then lib.boolToString value else toString value
    );

  # The levels that are there, as the list has them.
  present =
    cfg: filter (level: cfg.${level.name}.${(builtins.head level.settings).name} != null) read.levels;

  variables =
    cfg:
    builtins.listToAttrs (
      concatMap (
        level:
        concatMap (
          { name, variable }:
          let
            value = cfg.${level.name}.${name};
          in
          optional (value != null) {
            name = variable;
            value = text value;
          }
        ) level.settings
      ) (present cfg)
    )
    // {
      ${read.chain} = concatStringsSep "," (map (level: level.name) (present cfg));
    };

  # Whether a level is beyond this machine.
  isFar =
    cfg:
    cfg.s3.bucket != null
    || (cfg.redis.endpoint != null && builtins.match "(redis[+])?unix://.*" cfg.redis.endpoint == null);

  # Who may store, as the gateway has it; null for everybody. Builds are run by members of the group, or by users that Nix makes
  # up (start-id and id-count of auto-allocate-uids).
  writers =
    cfg:
    if cfg.readOnly || cfg.write == "nobody" || cfg.write == [ ] then
      "nobody"
    else if cfg.write == "everybody" then
      null
    else if cfg.write == "builders" then
      "@${if cfg.group == null then "nixbld" else cfg.group},872415232-880803839"
    else
      concatStringsSep "," cfg.write;

  flag =
    name: value:
    optionals (value != null) [
      "--${name}"
      (toString value)
    ];

  # Not copied to the store, as a path in a string would be.
  path = file: if file == null then null else toString file;
in
{
  inherit (read) group users;

  maxFrame = read.daemon.Environment.SCCACHE_MAX_FRAME_LENGTH;

  memory = read.daemon.Service.MemoryMax;

  addresses = read.gateway.Service.LimitAS;

  sandboxPath = read.sandbox_path;

  make =
    cfg:
    let
      inherit (cfg.disk) directory;
      inherit (cfg) limits logs;
      s3Credentials = path cfg.s3.credentialsFile;
      environmentFile = path cfg.environmentFile;
      mounted = pkgs.callPackage ../packages/everyBuild.nix {
        inherit (cfg.everyBuild)
          exclude
          links
          timeout
          verify
          ;
        shim = cfg.everyBuild.package;
      };
    in
    {
      sockets.nix-sccache = read.socket // {
        Socket =
          read.socket.Socket
          // {
            SocketMode = if cfg.group == null then "0666" else "0660";
          }
          // optionalAttrs (cfg.group != null) { SocketGroup = cfg.group; };
      };

      services.nix-sccache = read.gateway // {
        Service =
          read.confinement
          // read.gateway.Service
          // {
            ExecStart = concatStringsSep " " (
              [
                "${cfg.package}/bin/nix-sccache-gateway"
                "--daemon"
                read.daemon.Environment.SCCACHE_SERVER_UDS
              ]
              ++ flag "write" (writers cfg)
              ++ flag "max-frame" cfg.maxFrame
              ++ flag "max-memory" limits.maxMemory
              ++ flag "user-memory" limits.userMemory
              ++ flag "max-connections" limits.maxConnections
              ++ flag "user-connections" limits.userConnections
              ++ flag "max-requests" limits.maxRequests
              ++ flag "user-requests" limits.userRequests
              ++ flag "timeout" limits.timeout
              ++ flag "idle" limits.idle
              ++ flag "logs" logs.directory
              ++ optionals (logs.directory != null) (flag "logs-size" logs.size ++ flag "logs-days" logs.days)
            );
          }
          // optionalAttrs (logs.directory != null) { ReadWritePaths = "-${logs.directory}"; };
      };

      services.nix-sccache-daemon = read.daemon // {
        Unit =
          read.daemon.Unit
          // optionalAttrs (isFar cfg) read.network.Unit
          // optionalAttrs (directory != null) { RequiresMountsFor = directory; };
        Service =
          read.confinement
          // read.daemon.Service
          // optionalAttrs (isFar cfg) read.network.Service
          // {
            ExecStart = "${cfg.sccache}/bin/sccache";
          }
          // optionalAttrs (directory != null) { ReadWritePaths = directory; }
          // optionalAttrs (s3Credentials != null) { LoadCredential = "s3:${s3Credentials}"; }
          // optionalAttrs (environmentFile != null) { EnvironmentFile = environmentFile; };
        Environment =
          read.daemon.Environment
          // variables cfg
          // optionalAttrs (cfg.maxFrame != null) { SCCACHE_MAX_FRAME_LENGTH = toString cfg.maxFrame; }
          // optionalAttrs (s3Credentials != null) { AWS_SHARED_CREDENTIALS_FILE = "%d/s3"; };
      };

      programs = {
        nix-sccache = cfg.package;
        nix-sccache-daemon = cfg.sccache;
      };

      tmpfiles = [
        "d ${read.socket_directory} 0755 root root -"
      ]
      ++ optional (directory != null) "d ${directory} 0700 sccache ${read.group} -"
      # The gateway is not in the group that reads: files have it by the directory's bit.
      ++ optional (logs.directory != null) (
        if logs.group == null then
          "d ${logs.directory} 0700 nix-sccache ${read.group} -"
        else
          "d ${logs.directory} 2750 nix-sccache ${logs.group} -"
      );

      nixSettings.extra-sandbox-paths = [
        read.sandbox_path
      ]
      ++ optional cfg.everyBuild.enable "${mounted.sandboxPath}=${mounted}?";

      # Null to load none.
      pluginFile = if cfg.plugin == null then null else "${cfg.plugin}/lib/nix/plugins/libnix_sccache.so";
    };
}
