/**
  The options of the host's side: those of `services.nix-sccache`, beside `enable`, and the settings of
  `packages.units`.

  # Example

  ```nix
  options.services.nix-sccache = import ./options.nix { inherit lib pkgs; nix = config.nix.package; };
  ```

  # Arguments

  - `lib`, `pkgs`: nixpkgs.
  - `nix`: the Nix that loads the plugin.
*/
{
  lib,
  nix,
  pkgs,
}:

let
  inherit (lib) literalExpression mkOption types;

  units = import ./units.nix { inherit lib pkgs; };

  optional =
    type: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit description;
    };

  size = types.strMatching "[0-9]+[KMG]?";

  mode = types.enum [
    "READ_ONLY"
    "READ_WRITE"
  ];

  secret = types.either types.path types.str;
in
{
  package = mkOption {
    type = types.package;
    default = pkgs.callPackage ../packages/gateway.nix { };
    defaultText = literalExpression "nix-sccache.packages.\${pkgs.stdenv.hostPlatform.system}.gateway";
    description = "The package of the gateway.";
  };

  sccache = mkOption {
    type = types.package;
    default = import ../packages/sccache pkgs;
    defaultText = literalExpression "nix-sccache.packages.\${pkgs.stdenv.hostPlatform.system}.sccache";
    description = ''
      The package of sccache, for the daemon: the one that builds have. That is `pkgs.sccache` where it
      is of 0.17 to 0.19, and else one that the daemon's protocol fits.
    '';
  };

  plugin = mkOption {
    type = types.nullOr types.package;
    default = pkgs.callPackage ../packages/plugin.nix { inherit nix; };
    defaultText = literalExpression "nix-sccache.packages.\${pkgs.stdenv.hostPlatform.system}.plugin.override { nix = config.nix.package; }";
    description = "The plugin for `plugin-files`; null to load none.";
  };

  group = mkOption {
    type = types.nullOr types.str;
    default = null;
    example = "nixbld";
    description = ''
      The only group that may use the cache: that of the build users. By default every user of the
      machine may, and has to be able to with `auto-allocate-uids`, where builds are in no group of it.
    '';
  };

  write = mkOption {
    type = types.either (types.enum [
      "everybody"
      "builders"
      "nobody"
    ]) (types.listOf (types.strMatching "@?[A-Za-z0-9_.-]+"));
    default = "everybody";
    example = [ "ci" ];
    description = ''
      Who may store: everybody who may connect; builds alone, and no user's shell (`nix-sccache run`); nobody; or these users, by
      name, and members of groups, as `@wheel`. Nix runs the builds of all users as the same build users, so builds are told apart
      from people, and not from each other. See "Security and trust" in the documentation.
    '';
  };

  readOnly = mkOption {
    type = types.bool;
    default = false;
    description = "The same as `write = \"nobody\"`, whatever `write` is.";
  };

  everyBuild = {
    enable = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether every build of this machine that calls cargo goes through the cache, unchanged: its store path and its
        output are those that it has without. A directory with the shim is mounted as `/.cargo` into every sandbox. Who may
        give whom a wrong output is said in the documentation: see "Security and trust".
      '';
    };

    exclude = mkOption {
      type = types.listOf (types.strMatching "[^,[:space:]]+");
      default = [ ];
      example = [ "firefox" ];
      description = "The names of packages (`pname`) that are built without the cache all the same.";
    };

    links = mkOption {
      type = types.enum [
        "all"
        "host"
        "never"
      ];
      default = "all";
      description = ''
        Which linked programs come from the cache: all; build scripts and procedural macros, which run while building; or none,
        so that nothing of the cache is run by a build.
      '';
    };

    timeout = optional types.ints.positive ''
      Seconds after which a call stops waiting for the cache; null is 120. The build goes on without it.
    '';

    verify = mkOption {
      type = types.nullOr types.ints.positive;
      default = 200;
      description = ''
        Of how many hits one is compiled again, and compared; null for none. A difference replaces the entry. With 200 that
        costs a two hundredth of what the cache saves.
      '';
    };

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ../packages/shim.nix { };
      defaultText = literalExpression "nix-sccache.packages.\''${pkgs.stdenv.hostPlatform.system}.shim";
      description = "The package of the shim.";
    };
  };

  maxFrame = optional types.ints.positive ''
    The longest frame of the daemon's protocol in bytes, and so the largest entry that is cached; null
    is ${units.maxFrame}.
  '';

  limits = {
    maxMemory = optional size ''
      Memory that the daemon may use for entries of all users' requests at once, such as 512M. The
      daemon itself needs up to three times that: with more than the default, 1G, raise the
      `MemoryMax` of its unit, which is ${units.memory}.
    '';
    userMemory = optional size "The part of `maxMemory` that one user's requests may use, such as 256M.";
    maxConnections = optional types.ints.positive ''
      Connections of all users together. The gateway's address space has room for 1600: for more, raise
      the `LimitAS` of its unit, which is ${units.addresses}.
    '';
    userConnections = optional types.ints.positive "Connections of one user.";
    maxRequests = optional types.ints.positive "Requests of all users that the daemon works on at once.";
    userRequests = optional types.ints.positive "Requests of one user that the daemon works on at once.";
    timeout = optional types.ints.positive "Seconds after which a frame that makes no progress is given up.";
    idle = optional types.ints.positive "Seconds after which an idle connection is closed.";
  };

  logs = {
    directory = mkOption {
      type = types.nullOr types.str;
      default = "/var/lib/nix-sccache";
      description = ''
        Where the gateway keeps what builds tell of their calls, for `nix-sccache builds`, `top`, `report` and `explain`;
        null for none. Root reads it, and `group`.
      '';
    };
    group = optional types.str "A group whose members may read it: `wheel`, say.";
    size = optional size "How much of it is kept, such as 1G; null is 512M.";
    days = optional types.ints.positive "For how many days it is kept; null is 14.";
  };

  disk = {
    directory = mkOption {
      type = types.nullOr types.str;
      default = "/var/cache/nix-sccache";
      description = "The directory of the disk cache; null for none, with a cache in Redis or S3 alone.";
    };
    size = optional (types.strMatching "[0-9]+[KMGT]?") "The size of the disk cache, such as 50G; null is sccache's default, 10G.";
  };

  redis = {
    endpoint = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "redis://cache.example:6379";
      description = ''
        The URL of a Redis behind the disk cache. That of this machine is reached by its socket,
        `redis+unix://localhost/run/redis-x/redis.sock`, if the user sccache is in its group.
        User and password belong into `environmentFile`.
      '';
    };
    database = optional types.ints.unsigned "The number of the database.";
    prefix = optional types.str "A prefix of all keys.";
    expiration = optional types.ints.unsigned "Seconds after which an entry expires.";
    mode = optional mode "Whether this machine writes to it; null is `READ_WRITE`.";
  };

  s3 = {
    bucket = optional types.str "An S3 bucket behind the disk cache and Redis.";
    region = optional types.str "The bucket's region; `auto` where the endpoint has none.";
    endpoint = optional types.str "The URL of a server other than Amazon's.";
    prefix = optional types.str "A prefix of all keys.";
    tls = optional types.bool "Whether to use TLS with an endpoint whose URL does not say.";
    virtualHostStyle = optional types.bool "Whether the bucket is part of the host name in requests.";
    public = optional types.bool "Whether to read the bucket without credentials.";
    mode = optional mode "Whether this machine writes to it; null is `READ_WRITE`.";
    credentialsFile = optional secret ''
      A file outside of the store, in the format of `~/.aws/credentials`, that only root reads. systemd
      passes it to the daemon as a credential.
    '';
  };

  environmentFile = optional secret ''
    A file outside of the store that only root reads, with further environment variables for the
    daemon: a line `SCCACHE_REDIS_PASSWORD=…`, for example.
  '';
}
