/**
  Plain unit files and what goes with them, for other systems with systemd than NixOS: what
  `services.nix-sccache` sets up there.

  # Example

  ```sh
  nix build github:…/nix-sccache#units
  sudo sh result/share/doc/nix-sccache/install.sh
  ```

  With settings, those of `services.nix-sccache`:

  ```nix
  packages.units.override {
    settings = {
      disk.size = "50G";
      redis.endpoint = "redis://cache.example:6379";
    };
  }
  ```

  # Arguments

  - `settings`: the options of `../../modules/options.nix`; what cannot work is an error.
  - `nix`: the Nix that loads the plugin.

  # Result

  - `lib/systemd/system`: the units.
  - `lib/sysusers.d`, `lib/tmpfiles.d`: their users and directories.
  - `etc/nix/nix-sccache.conf`: what `nix.conf` is to include.
  - `share/doc/nix-sccache/install.sh`: how to install all of them.
*/
{
  lib,
  nix,
  pkgs,
  runCommand,
  settings ? { },
}:

let
  cfg =
    (lib.evalModules {
      modules = [
        { options = import ../../modules/options.nix { inherit lib nix pkgs; }; }
        settings
      ];
    }).config;

  validation = import ../../modules/validation.nix {
    inherit cfg lib;
    name = "settings";
  };
  wrong = builtins.filter (one: !one.assertion) validation.assertions;

  units = import ../../modules/units.nix { inherit lib pkgs; };
  made = units.make cfg;
  execPaths = import ../../modules/execPaths.nix { inherit pkgs; };

  # Within quotes, as JSON has them.
  variables = lib.mapAttrsToList (name: value: builtins.toJSON "${name}=${value}");

  unit =
    sections:
    lib.generators.toINI { listsAsDuplicateKeys = true; } (
      removeAttrs sections [ "Environment" ]
      // lib.optionalAttrs (sections ? Environment) {
        Service = sections.Service // {
          Environment = variables sections.Environment;
        };
      }
    );

  user = name: description: ''
    u ${name} -:${units.group} ${builtins.toJSON description}
  '';

  setting = name: values: ''
    ${name} = ${toString values}
  '';

  files =
    lib.mapAttrs' (name: lib.nameValuePair "lib/systemd/system/${name}") (
      lib.mapAttrs' (name: sections: lib.nameValuePair "${name}.socket" (unit sections)) made.sockets
      // lib.mapAttrs' (name: sections: lib.nameValuePair "${name}.service" (unit sections)) made.services
    )
    // {
      "lib/sysusers.d/nix-sccache.conf" =
        "g ${units.group} -\n" + lib.concatStrings (lib.mapAttrsToList user units.users);
      "lib/tmpfiles.d/nix-sccache.conf" = lib.concatStrings (map (rule: "${rule}\n") made.tmpfiles);
      "etc/nix/nix-sccache.conf" = lib.concatStrings (
        lib.mapAttrsToList setting (
          made.nixSettings
          // lib.optionalAttrs (made.pluginFile != null) { plugin-files = [ made.pluginFile ]; }
        )
      );
    };

  write = path: text: ''
    mkdir -p $out/${builtins.dirOf path}
    cat > $out/${path} <<'END'
    ${text}END
  '';

  # A section may stand in a unit several times.
  addExecPaths =
    name: package:
    let
      service = "${name}.service";
      dropIn = execPaths service package made.services.${name}.Service.NoExecPaths;
    in
    ''
      { echo; cat ${dropIn}/lib/systemd/system/${service}.d/exec-paths.conf; } >> $out/lib/systemd/system/${service}
    '';
in

assert lib.assertMsg (wrong == [ ]) ''
  nix-sccache: with these settings there are no units.
  ${lib.concatMapStringsSep "\n" (one: one.message) wrong}'';

lib.foldr lib.warn (runCommand "nix-sccache-units"
  {
    meta = {
      description = "The systemd units of nix-sccache, for other systems than NixOS";
      license = [
        lib.licenses.mit
        lib.licenses.asl20
      ];
      platforms = lib.platforms.linux;
    };
  }
  ''
    ${lib.concatStrings (lib.mapAttrsToList write files)}
    ${lib.concatStrings (lib.mapAttrsToList addExecPaths made.programs)}
    mkdir -p $out/share/doc/nix-sccache
    sed "s|@out@|$out|g" ${./install.sh} > $out/share/doc/nix-sccache/install.sh
  ''
) validation.warnings
