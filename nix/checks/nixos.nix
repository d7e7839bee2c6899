/**
  The NixOS module: what it sets, and what it refuses.

  # Example

  ```nix
  pkgs.lib.runTests (import ./nixos.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  inherit (builtins) attrNames filter;

  # Nothing of it is built.
  package =
    name: version:
    derivation {
      inherit name;
      inherit (pkgs.stdenv.hostPlatform) system;
      builder = "/none";
    }
    // {
      inherit version;
    };

  system =
    settings: more:
    (pkgs.nixos {
      imports = [
        ../modules/nixos.nix
        more
      ];
      # What NixOS wants of a machine.
      boot.isContainer = true;
      system.stateVersion = "26.05";
      services.nix-sccache = {
        enable = true;
        package = package "nix-sccache-gateway" "1";
        plugin = null;
        sccache = package "sccache" "0.19.0";
      }
      // settings;
    }).config;

  config = settings: system settings { };

  service = settings: (config settings).systemd.services.nix-sccache-daemon;

  socket = settings: (config settings).systemd.sockets.nix-sccache.socketConfig;

  isOurs = message: builtins.match "services[.]nix-sccache.*" message != null;

  wrong = made: filter (one: !one.assertion && isOurs one.message) made.assertions;

  warnings = made: filter isOurs made.warnings;

  # Whether a message is about an option, says what to do, and is the only one.
  refusal =
    settings: more: about:
    let
      ours = wrong (system settings more);
      message = (builtins.head ours).message;
    in
    if
      builtins.length ours == 1 && builtins.match "services[.]nix-sccache${about}.*: .*" message != null
    then
      true
    else
      map (one: one.message) ours;

  # What the end of nix.conf has of them.
  pluginFiles = made: builtins.match ".*plugin-files = ([^\n]*)\n.*" made.nix.extraOptions;

  bucket = {
    bucket = "b";
    region = "auto";
  };
in
{
  testModuleDefault = {
    expr =
      let
        made = config { };
      in
      {
        inherit (made.nix.settings) extra-sandbox-paths;
        plugin = pluginFiles made;
        inherit (made.systemd.sockets.nix-sccache.socketConfig) SocketMode ListenStream;
        chain = made.systemd.services.nix-sccache-daemon.environment.SCCACHE_MULTILEVEL_CHAIN;
        users = map (user: made.users.users.${user}.group) [
          "nix-sccache"
          "sccache"
        ];
        wrong = wrong made;
        warnings = warnings made;
      };
    expected = {
      extra-sandbox-paths = [ "/run/nix-sccache?" ];
      plugin = null;
      SocketMode = "0666";
      ListenStream = [
        "/run/nix-sccache/sccache.sock"
        "/run/nix-sccache/log.sock"
      ];
      chain = "disk";
      users = [
        "nix-sccache"
        "nix-sccache"
      ];
      wrong = [ ];
      warnings = [ ];
    };
  };

  testModuleOff = {
    expr = filter (name: builtins.match "nix-sccache.*" name != null) (
      attrNames (config { enable = false; }).systemd.services
    );
    expected = [ ];
  };

  # Beside those of the machine, which NixOS takes as a list or as a string.
  testModulePlugin = {
    expr = map (own: pluginFiles (system { plugin = package "plugin" "1"; } { nix.settings = own; })) [
      { }
      { plugin-files = "/other.so"; }
      { plugin-files = [ "/other.so" ]; }
      { extra-plugin-files = [ "/other.so" ]; }
    ];
    expected =
      let
        ours = "${package "plugin" "1"}/lib/nix/plugins/libnix_sccache.so";
      in
      [
        [ ours ]
        [ "/other.so ${ours}" ]
        [ "/other.so ${ours}" ]
        [ "/other.so ${ours}" ]
      ];
  };

  # What a machine says of the order of units adds to ours.
  testModuleDependencies = {
    expr =
      let
        own = {
          after = [ "own.service" ];
          wants = [ "own.service" ];
          requires = [ "own.service" ];
          unitConfig.RequiresMountsFor = [ "/own" ];
        };
        made =
          (system { redis.endpoint = "redis://cache.example:6379"; } {
            systemd.services.nix-sccache = own;
            systemd.services.nix-sccache-daemon = own;
            systemd.sockets.nix-sccache = own;
          }).systemd;
        of = unit: {
          inherit (unit) after wants requires;
          # In the text of the unit these are what counts.
          written = {
            inherit (unit.unitConfig)
              After
              Wants
              Requires
              RequiresMountsFor
              ;
          };
        };
        sorted = builtins.mapAttrs (
          _: value:
          if builtins.isAttrs value then
            sorted value
          else if builtins.isList value then
            builtins.sort builtins.lessThan value
          else
            builtins.sort builtins.lessThan (filter builtins.isString (builtins.split " " value))
        );
      in
      map (unit: sorted (of unit)) [
        made.services.nix-sccache
        made.services.nix-sccache-daemon
        made.sockets.nix-sccache
      ];
    expected =
      let
        of = dependencies: mounts: {
          inherit (dependencies) after wants requires;
          written = {
            After = dependencies.after;
            Wants = dependencies.wants;
            Requires = dependencies.requires;
            RequiresMountsFor = mounts;
          };
        };
        own = [ "own.service" ];
      in
      [
        (of {
          after = [
            "nix-sccache-daemon.service"
            "nix-sccache.socket"
            "own.service"
          ];
          wants = [
            "nix-sccache-daemon.service"
            "own.service"
          ];
          requires = [
            "nix-sccache.socket"
            "own.service"
          ];
        } [ "/own" ])
        (of
          {
            after = [
              "network-online.target"
              "own.service"
            ];
            wants = [
              "network-online.target"
              "own.service"
            ];
            requires = own;
          }
          [
            "/own"
            "/var/cache/nix-sccache"
          ]
        )
        (of {
          after = own;
          wants = own;
          requires = own;
        } [ "/own" ])
      ];
  };

  # And what it says of a unit's other directives is in the place of ours.
  testModuleDescription = {
    expr =
      (system { } { systemd.services.nix-sccache.description = "own"; })
      .systemd.services.nix-sccache.unitConfig.Description;
    expected = "own";
  };

  # In a manual a default that hangs on packages is an expression.
  testModuleDefaults = {
    expr = builtins.mapAttrs (_: option: option.defaultText._type) {
      inherit ((pkgs.nixos { imports = [ ../modules/nixos.nix ]; }).options.services.nix-sccache)
        package
        plugin
        sccache
        ;
    };
    expected = {
      package = "literalExpression";
      plugin = "literalExpression";
      sccache = "literalExpression";
    };
  };

  # With conditions inside, so that a definition of one's own comes through.
  testModuleOwnDirective = {
    expr =
      (system { } { systemd.services.nix-sccache-daemon.serviceConfig.MemoryMax = "1G"; })
      .systemd.services.nix-sccache-daemon.serviceConfig.MemoryMax;
    expected = "1G";
  };

  testModuleLevels = {
    expr =
      let
        daemon = service {
          redis = {
            endpoint = "redis://cache.example:6379";
            database = 3;
          };
          s3 = bucket // {
            prefix = "p";
            public = true;
            mode = "READ_ONLY";
          };
        };
      in
      {
        variables = filter (
          name: builtins.match "SCCACHE_(REDIS|S3|BUCKET|REGION|ENDPOINT|MULTI).*" name != null
        ) (attrNames daemon.environment);
        inherit (daemon.environment)
          SCCACHE_DIRECT
          SCCACHE_MULTILEVEL_CHAIN
          SCCACHE_REDIS_DB
          SCCACHE_S3_NO_CREDENTIALS
          ;
        inherit (daemon.serviceConfig) PrivateNetwork RestrictAddressFamilies;
      };
    expected = {
      variables = [
        "SCCACHE_BUCKET"
        "SCCACHE_MULTILEVEL_CHAIN"
        "SCCACHE_REDIS_DB"
        "SCCACHE_REDIS_ENDPOINT"
        "SCCACHE_REGION"
        "SCCACHE_S3_KEY_PREFIX"
        "SCCACHE_S3_NO_CREDENTIALS"
        "SCCACHE_S3_RW_MODE"
      ];
      SCCACHE_DIRECT = "false";
      SCCACHE_MULTILEVEL_CHAIN = "disk,redis,s3";
      SCCACHE_REDIS_DB = "3";
      SCCACHE_S3_NO_CREDENTIALS = "true";
      PrivateNetwork = false;
      RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6";
    };
  };

  # What is on this machine needs no network.
  testModuleNearRedis = {
    expr =
      let
        daemon = service {
          disk.directory = null;
          redis.endpoint = "redis+unix://localhost/run/redis-cache/redis.sock";
        };
      in
      [
        daemon.environment.SCCACHE_MULTILEVEL_CHAIN
        daemon.serviceConfig.PrivateNetwork
        (daemon.serviceConfig ? ReadWritePaths)
      ];
    expected = [
      "redis"
      true
      false
    ];
  };

  testModuleSecrets = {
    expr =
      let
        daemon = service {
          environmentFile = "/run/secrets/cache.env";
          s3 = bucket // {
            # A path that is none of the store's is not copied there.
            credentialsFile = /etc/nix-sccache/s3;
          };
        };
      in
      {
        inherit (daemon.serviceConfig) EnvironmentFile LoadCredential;
        inherit (daemon.environment) AWS_SHARED_CREDENTIALS_FILE;
      };
    expected = {
      EnvironmentFile = "/run/secrets/cache.env";
      LoadCredential = "s3:/etc/nix-sccache/s3";
      AWS_SHARED_CREDENTIALS_FILE = "%d/s3";
    };
  };

  testModuleGroup = {
    expr = { inherit (socket { group = "nixbld"; }) SocketGroup SocketMode; };
    expected = {
      SocketGroup = "nixbld";
      SocketMode = "0660";
    };
  };

  testModuleAllocatedUsers = {
    expr =
      let
        allocated.nix.settings.auto-allocate-uids = true;
      in
      [
        (wrong (system { } allocated))
        (refusal { group = "nixbld"; } allocated "[.]group")
      ];
    expected = [
      [ ]
      true
    ];
  };

  testModuleLimits = {
    expr =
      let
        made = config {
          readOnly = true;
          maxFrame = 1048576;
          limits.maxMemory = "128M";
          limits.userMemory = "64M";
          limits.idle = 60;
          logs.size = "1G";
          logs.days = 3;
        };
        start = made.systemd.services.nix-sccache.serviceConfig.ExecStart;
      in
      [
        (builtins.match ".*/bin/nix-sccache-gateway (.*)" start)
        made.systemd.services.nix-sccache-daemon.environment.SCCACHE_MAX_FRAME_LENGTH
      ];
    expected = [
      [
        "--daemon /run/nix-sccache-daemon/sccache.sock --write nobody --max-frame 1048576 --max-memory 128M --user-memory 64M --idle 60 --logs /var/lib/nix-sccache --logs-size 1G --logs-days 3"
      ]
      "1048576"
    ];
  };

  testModuleWriters = {
    expr =
      map
        (
          settings:
          builtins.match ".*--write ([^ ]*).*" (config settings)
          .systemd.services.nix-sccache.serviceConfig.ExecStart
        )
        [
          { }
          { write = "builders"; }
          {
            write = [
              "ci"
              "@wheel"
            ];
          }
          {
            write = "everybody";
            readOnly = true;
          }
        ];
    expected = [
      null
      [ "@nixbld,872415232-880803839" ]
      [ "ci,@wheel" ]
      [ "nobody" ]
    ];
  };

  testModuleLogs = {
    expr =
      map
        (
          logs:
          let
            made = config { inherit logs; };
          in
          [
            (filter (rule: builtins.match ".*/var/lib/nix-sccache .*" rule != null) made.systemd.tmpfiles.rules)
            (made.systemd.services.nix-sccache.serviceConfig.ReadWritePaths or null)
          ]
        )
        [
          { }
          { group = "wheel"; }
          { directory = null; }
        ];
    expected = [
      [
        [ "d /var/lib/nix-sccache 0700 nix-sccache nix-sccache -" ]
        "-/var/lib/nix-sccache"
      ]
      [
        [ "d /var/lib/nix-sccache 2750 nix-sccache wheel -" ]
        "-/var/lib/nix-sccache"
      ]
      [
        [ ]
        null
      ]
    ];
  };

  # What is mounted is named by what is in it.
  testModuleEveryBuild = {
    expr =
      let
        mounted =
          settings:
          builtins.elemAt
            (config {
              everyBuild = {
                enable = true;
                package = package "nix-sccache-shim" "1";
              }
              // settings;
            }).nix.settings.extra-sandbox-paths
            1;
      in
      [
        (
          builtins.match "/[.]cargo=${builtins.storeDir}/[^/]*-nix-sccache-every-build[?]" (mounted { })
          != null
        )
        (mounted { } != mounted { exclude = [ "firefox" ]; })
        (mounted { } != mounted { links = "never"; })
        (mounted { } != mounted { timeout = 9; })
        (mounted { } != mounted { verify = null; })
      ];
    expected = [
      true
      true
      true
      true
      true
    ];
  };

  testModuleWarnings = {
    expr = map (made: builtins.length (warnings made)) [
      (system { } { nix.enable = false; })
      (config { sccache = package "sccache" "0.20.0"; })
    ];
    expected = [
      1
      1
    ];
  };

  testModuleRefusals =
    let
      refused = settings: refusal settings { };
      refusedS3 = s3: refused { s3 = bucket // s3; };
    in
    import ./each.nix true [
      (refused { sccache = package "sccache" "0.16.0"; } "[.]sccache")
      (refused {
        package = package "nix-sccache-shim" "1" // {
          meta.mainProgram = "nix-sccache-shim";
        };
      } "[.]package")
      (refused { disk.directory = null; } "")
      (refused { group = "users"; } "[.]group")
      (refused { disk.directory = "/home/me/cache"; } "[.]disk")
      (refused { disk.directory = "/run/nix-sccache/cache"; } "[.]disk")
      (refused { disk.directory = "/a b"; } "[.]disk")
      (refused { logs.directory = "/tmp/logs"; } "[.]logs[.]directory")
      (refused { logs.directory = "/var/cache/nix-sccache/logs"; } "[.]logs[.]directory")
      (refused { logs.group = "a b"; } "[.]logs[.]group")
      (refused {
        group = "nixbld";
        logs.group = "nixbld";
      } "[.]logs[.]group")
      (refused {
        disk.directory = null;
        disk.size = "1G";
        redis.endpoint = "redis://h";
      } "[.]disk[.]size")
      (refused { redis.prefix = "p"; } "[.]redis[.]prefix")
      (refused { redis.endpoint = "redis://me:secret@h"; } "[.]redis[.]endpoint")
      (refused {
        redis.endpoint = "redis+unix://h/run/r.sock?db=1&pass=secret";
      } "[.]redis[.]endpoint")
      (refused { group = "a b"; } "[.]group")
      (refused { redis.endpoint = "redis+unix:///run/redis.sock"; } "[.]redis[.]endpoint")
      (refused { redis.endpoint = "redis://a b"; } "[.]redis[.]endpoint")
      (refused { s3.region = "auto"; } "[.]s3[.]region")
      (refused { s3.bucket = "b"; } "[.]s3[.]region")
      (refusedS3 { endpoint = "https://me:secret@h"; } "[.]s3[.]endpoint")
      (refusedS3 { prefix = "a b"; } "")
      (refusedS3 {
        public = true;
        credentialsFile = "/etc/s3";
      } "[.]s3")
      (refusedS3 { credentialsFile = "${builtins.storeDir}/x-s3"; } "[.]s3[.]credentialsFile")
      (refusedS3 { credentialsFile = "s3"; } "[.]s3[.]credentialsFile")
      (refused { environmentFile = "${builtins.storeDir}/x-env"; } "[.]environmentFile")
      (refused { environmentFile = "/a b"; } "[.]environmentFile")
    ];
}
