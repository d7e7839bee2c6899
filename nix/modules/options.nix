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

  units = import ./units.nix { inherit lib; };

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
      The group whose members alone may use the cache: that of the build users. By default
      everybody may, as with `auto-allocate-uids` it has to be, where builds are in no group of the
      machine's.
    '';
  };

  readOnly = mkOption {
    type = types.bool;
    default = false;
    description = "Whether builds read the cache, and none of them write to it.";
  };

  maxFrame = optional types.ints.positive ''
    The longest frame of the daemon's protocol in bytes, and so the largest entry; null is
    ${units.maxFrame}.
  '';

  limits = {
    maxMemory = optional size ''
      How much the daemon may hold of entries for the requests of all users, such as 512M. It needs
      up to three times that: with more than the default, 1G, give the daemon's unit a `MemoryMax`
      beyond its ${units.memory}.
    '';
    userMemory = optional size "How much of that there may be for one user's requests, such as 256M.";
    maxConnections = optional types.ints.positive ''
      Connections of all users together. The gateway's unit has addresses for 1700 threads: with more
      connections, give it a `LimitAS` beyond its ${units.addresses}.
    '';
    userConnections = optional types.ints.positive "Connections of one user.";
    maxRequests = optional types.ints.positive "Requests of all users that the daemon has at once.";
    userRequests = optional types.ints.positive "Requests of one user that the daemon has at once.";
    timeout = optional types.ints.positive "Seconds for which a frame may not move.";
    idle = optional types.ints.positive "Seconds that a connection may be idle.";
  };

  disk = {
    directory = mkOption {
      type = types.nullOr types.str;
      default = "/var/cache/nix-sccache";
      description = "Where the daemon has its entries; null for a cache beyond this machine alone.";
    };
    size = optional (types.strMatching "[0-9]+[KMGT]?") "How large that may become, such as 50G; sccache's own default is 10G.";
  };

  redis = {
    endpoint = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "redis://cache.example:6379";
      description = ''
        A Redis behind the folder. That of this machine is reached by its socket,
        `redis+unix://localhost/run/redis-x/redis.sock`, if the user sccache is in its group.
        User and password belong into `environmentFile`.
      '';
    };
    database = optional types.ints.unsigned "The number of the database.";
    prefix = optional types.str "What the keys begin with.";
    expiration = optional types.ints.unsigned "After how many seconds an entry ends.";
    mode = optional mode "Whether this machine writes to it, as it does by default.";
  };

  s3 = {
    bucket = optional types.str "A bucket of S3's, behind the folder and Redis.";
    region = optional types.str "Its region; `auto` where the endpoint has none.";
    endpoint = optional types.str "The address of a server other than Amazon's.";
    prefix = optional types.str "What the keys begin with.";
    tls = optional types.bool "Whether to speak TLS with an endpoint whose address does not say.";
    virtualHostStyle = optional types.bool "Whether the bucket is part of the host's name.";
    public = optional types.bool "Whether to read it without credentials.";
    mode = optional mode "Whether this machine writes to it, as it does by default.";
    credentialsFile = optional secret ''
      A file of root's outside of the store, of the form of `~/.aws/credentials`. Systemd gives
      the daemon a copy.
    '';
  };

  environmentFile = optional secret ''
    A file of root's outside of the store with further variables for the daemon, a line
    `SCCACHE_REDIS_PASSWORD=…` say.
  '';
}
