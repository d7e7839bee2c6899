/**
  Validates the settings of `options.nix`, as NixOS has it: `assertions` of what cannot work, and
  `warnings` of what may not, each with what to do instead.

  # Example

  ```nix
  inherit (import ./validation.nix { inherit cfg lib; name = "services.nix-sccache"; }) assertions;
  ```

  # Arguments

  - `cfg`: the settings.
  - `name`: where they are, for the messages.
  - `nixSettings`: what of `nix.conf` is known.
*/
{
  cfg,
  lib,
  name,
  nixSettings ? { },
}:

let
  inherit (builtins)
    all
    concatLists
    filter
    match
    ;

  is = pattern: text: match pattern text != null;

  # Text that means the same to systemd as here.
  plain = is "[A-Za-z0-9/._+@:,=~-]+";

  # Directories of which the services see nothing, or something else.
  hidden = [
    "/home"
    "/root"
    "/run/user"
    "/tmp"
    "/var/tmp"
    "/run/nix-sccache"
    "/run/nix-sccache-daemon"
    builtins.storeDir
  ];
  isIn = path: directory: path == directory || lib.hasPrefix "${directory}/" path;

  sccache = import ../packages/sccache/version.nix cfg.sccache;

  gateway = cfg.package.meta.mainProgram or "nix-sccache-gateway";

  allocatesUsers = nixSettings.auto-allocate-uids or false;
  buildGroup = nixSettings.build-users-group or cfg.group;

  # The settings of a level that say nothing without its first one.
  stray =
    level: first:
    filter (setting: setting != first && level.${setting} != null) (builtins.attrNames level);
  needs = path: level: first: {
    assertion = level.${first} != null || stray level first == [ ];
    message = "${name}.${path}.${toString (stray level first)}: without ${name}.${path}.${first} there is no such level of the cache: set that too.";
  };

  # A secret, by its path. Whatever is in the store, everybody may read.
  secret =
    path: value:
    let
      file = toString value;
    in
    [
      {
        assertion = value == null || !isIn file builtins.storeDir;
        message = "${name}.${path}: ${file} is in the store, where everybody may read it: keep the file elsewhere, in /etc or where sops-nix or agenix put it, and give its path as a string.";
      }
      {
        assertion = value == null || (lib.hasPrefix "/" file && plain file);
        message = "${name}.${path}: ${file} is no whole path of letters, digits and /._+@:,=~-: write one.";
      }
    ];

  # What the services write to.
  directory = path: value: [
    {
      assertion = value == null || (lib.hasPrefix "/" value && value != "/" && plain value);
      message = "${name}.${path}: ${toString value} is no whole path of letters, digits and /._+@:,=~-: write one, such as /var/cache/nix-sccache.";
    }
    {
      assertion = value == null || !builtins.any (isIn value) hidden;
      message = "${name}.${path}: ${toString value} is where the services see nothing of the machine's, or may not write: take a directory of its own, such as /var/cache/nix-sccache.";
    }
  ];

  endpoint = path: value: [
    {
      # As redis://me:secret@host or unix://host/socket?pass=secret.
      assertion = value == null || !is ".*@.*|.*[?&](user|pass).*" value;
      message = "${name}.${path} has a user or a password in it, and everybody may read it in the store: write SCCACHE_REDIS_USERNAME=… and SCCACHE_REDIS_PASSWORD=… into a file of root's, and give its path as ${name}.environmentFile.";
    }
    {
      assertion = value == null || is "[^[:space:]\"\\\\]+" value;
      message = "${name}.${path} has a space, a quote or a backslash in it, or nothing: write an address.";
    }
  ];
in
{
  assertions = concatLists [
    [
      {
        assertion = !lib.versionOlder sccache "0.17";
        message = "${name}.sccache is ${sccache}, and the daemon of 0.16 and before has no storage for others: take sccache 0.17 to 0.19, as the builds do.";
      }
      {
        assertion = gateway == "nix-sccache-gateway";
        message = "${name}.package has the program ${gateway}, and the unit runs nix-sccache-gateway: take packages.gateway.";
      }
      {
        assertion = cfg.disk.directory != null || cfg.redis.endpoint != null || cfg.s3.bucket != null;
        message = "${name}: there is no level to the cache: set disk.directory, redis.endpoint or s3.bucket.";
      }
      {
        assertion = cfg.group == null || plain cfg.group;
        message = "${name}.group: ${builtins.toJSON cfg.group} is no group of letters, digits and /._+@:,=~-: name that of the build users, which is nixbld unless nix.conf has another build-users-group, or leave it null.";
      }
      {
        assertion = cfg.group == null || !allocatesUsers;
        message = "${name}.group: with nix.settings.auto-allocate-uids builds are in no group of this machine, and none of them could connect: leave it null, so that everybody may use the cache's socket; it lets storage requests through alone.";
      }
      {
        assertion = cfg.group == null || !plain cfg.group || cfg.group == buildGroup || allocatesUsers;
        message = "${name}.group: no build is in the group ${toString cfg.group}: name ${buildGroup}, the group of the build users, which is the only one that a sandbox keeps, or leave it null.";
      }
      {
        assertion =
          cfg.logs.directory == null
          || cfg.disk.directory == null
          || !isIn cfg.logs.directory cfg.disk.directory;
        message = "${name}.logs.directory is in disk.directory, of which sccache takes all files for its own: take another, such as /var/lib/nix-sccache.";
      }
      {
        assertion = cfg.logs.group == null || plain cfg.logs.group;
        message = "${name}.logs.group: ${builtins.toJSON cfg.logs.group} is no group of letters, digits and /._+@:,=~-: name one, such as wheel, or leave it null.";
      }
      {
        assertion = cfg.logs.group != cfg.group || cfg.group == null;
        message = "${name}.logs.group: builds are in ${toString cfg.logs.group}, and are not to read each other's logs: name a group of people, such as wheel.";
      }
      (needs "disk" cfg.disk "directory")
      (needs "redis" cfg.redis "endpoint")
      (needs "s3" cfg.s3 "bucket")
      {
        assertion = cfg.redis.endpoint == null || !is "(redis[+])?unix:///.*" cfg.redis.endpoint;
        message = "${name}.redis.endpoint has no host, without which sccache does not take it: write redis+unix://localhost${toString (match "[^/]*//([^?#]*).*" (toString cfg.redis.endpoint))}";
      }
      {
        assertion = cfg.s3.bucket == null || cfg.s3.region != null;
        message = "${name}.s3.region is wanted: the bucket's, or `auto` where s3.endpoint is a server without regions.";
      }
      {
        assertion = cfg.s3.public != true || cfg.s3.credentialsFile == null;
        message = "${name}.s3: a bucket that is read without credentials (public) and a credentialsFile contradict each other: take one away.";
      }
      {
        assertion = all plain (
          filter (value: value != null) [
            cfg.redis.prefix
            cfg.s3.bucket
            cfg.s3.region
            cfg.s3.prefix
          ]
        );
        message = "${name}: a prefix, a bucket or a region has characters that systemd would take for more than themselves, or none: use letters, digits and /._+@:,=~-.";
      }
    ]
    (directory "disk.directory" cfg.disk.directory)
    (directory "logs.directory" cfg.logs.directory)
    (endpoint "redis.endpoint" cfg.redis.endpoint)
    (endpoint "s3.endpoint" cfg.s3.endpoint)
    (secret "s3.credentialsFile" cfg.s3.credentialsFile)
    (secret "environmentFile" cfg.environmentFile)
  ];

  warnings =
    lib.optional (!lib.versionOlder sccache "0.20")
      "${name}.sccache: the gateway knows the protocol of sccache 0.17 to 0.19, and this is ${sccache}: it may refuse what builds ask.";
}
