/**
  The host's units, as sections of directives, and what they live on: what
  `nix-sccache doctor --setup` prints for other systems, out of the same `units.toml`.

  # Example

  ```nix
  (import ./units.nix { lib = pkgs.lib; }).make { program = "/bin/nix-sccache"; … }
  => { socket = { Unit = { … }; Socket = { … }; Install = { … }; }; gateway = …; daemon = …; }
  ```

  # Arguments of `make`

  - `program`, `sccache`: paths of the programs.
  - `flags`: further words for the gateway.
  - `group`: who alone may connect; null for everybody.
  - `directory`: the daemon's folder; null without the disk's level.
  - `levels`: the settings of each level by its name; those that are null are not there.
  - `isFar`: whether a level is beyond this machine.
  - `maxFrame`: the longest frame; null for the usual one.
  - `s3Credentials`, `environmentFile`: files of root's, or null.
*/
{ lib }:

let
  inherit (builtins) concatMap concatStringsSep filter;

  read = builtins.fromTOML (builtins.readFile ./units.toml);

  # Of a variable's value; `%` is systemd's.
  text =
    value:
    builtins.replaceStrings [ "%" ] [ "%%" ] (
      if builtins.isBool value then lib.boolToString value else toString value
    );

  # The levels that are there, as the list has them.
  present =
    levels:
    filter (
      level: (levels.${level.name} or { }).${(builtins.head level.settings).name} or null != null
    ) read.levels;

  variables =
    levels:
    builtins.listToAttrs (
      concatMap (
        level:
        concatMap (
          { name, variable }:
          let
            value = levels.${level.name}.${name} or null;
          in
          lib.optional (value != null) {
            name = variable;
            value = text value;
          }
        ) level.settings
      ) (present levels)
    )
    // {
      ${read.chain} = concatStringsSep "," (map (level: level.name) (present levels));
    };
in
{
  inherit (read)
    group
    sandbox_path
    socket_folder
    users
    ;

  maxFrame = read.daemon.Environment.SCCACHE_MAX_FRAME_LENGTH;

  memory = read.daemon.Service.MemoryMax;

  addresses = read.gateway.Service.LimitAS;

  folders =
    directory:
    [ "d ${read.socket_folder} 0755 root root -" ]
    ++ lib.optional (directory != null) "d ${directory} 0700 sccache ${read.group} -";

  make =
    {
      directory,
      environmentFile,
      flags,
      group,
      isFar,
      levels,
      maxFrame,
      program,
      s3Credentials,
      sccache,
    }:
    {
      socket = read.socket // {
        Socket =
          read.socket.Socket
          // {
            SocketMode = if group == null then "0666" else "0660";
          }
          // lib.optionalAttrs (group != null) { SocketGroup = group; };
      };

      gateway = read.gateway // {
        Service =
          read.confinement
          // read.gateway.Service
          // {
            ExecStart = concatStringsSep " " (
              [
                program
                "gateway"
                "--daemon"
                read.daemon.Environment.SCCACHE_SERVER_UDS
              ]
              ++ flags
            );
          };
      };

      daemon = read.daemon // {
        Unit =
          read.daemon.Unit
          // lib.optionalAttrs isFar read.network.Unit
          // lib.optionalAttrs (directory != null) { RequiresMountsFor = directory; };
        Service =
          read.confinement
          // read.daemon.Service
          // lib.optionalAttrs isFar read.network.Service
          // {
            ExecStart = sccache;
          }
          // lib.optionalAttrs (directory != null) { ReadWritePaths = directory; }
          // lib.optionalAttrs (s3Credentials != null) { LoadCredential = "s3:${s3Credentials}"; }
          // lib.optionalAttrs (environmentFile != null) { EnvironmentFile = environmentFile; };
        Environment =
          read.daemon.Environment
          // variables levels
          // lib.optionalAttrs (maxFrame != null) { SCCACHE_MAX_FRAME_LENGTH = toString maxFrame; }
          // lib.optionalAttrs (s3Credentials != null) { AWS_SHARED_CREDENTIALS_FILE = "%d/s3"; };
      };
    };
}
