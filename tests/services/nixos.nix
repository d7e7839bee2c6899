/**
  A folder with what NixOS makes of `services.nix-sccache`: the units and their drop-ins, and what
  systemd-sysusers and systemd-tmpfiles read.

  # Example

  ```sh
  nix-build tests/services/system.nix --argstr settings '{ "readOnly": true }'
  ```

  # Arguments

  - `settings`: what `services.nix-sccache` is set to, as JSON.
*/
{
  settings ? "{}",
}:

let
  pkgs = import ../nixpkgs { };
  inherit (pkgs) lib;

  inherit
    (pkgs.nixos {
      imports = [ ../../nix/modules/nixos.nix ];
      services.nix-sccache = {
        enable = true;
        package = import ../prebuiltShim.nix pkgs;
        plugin = null;
      }
      // builtins.fromJSON settings;
    })
    config
    ;

  wrong = builtins.filter (one: !one.assertion) config.assertions;

  user = name: user: ''
    u ${name} -:${user.group} "${user.description}"
  '';

  files = builtins.mapAttrs (_: unit: unit.text) config.systemd.units // {
    "sysusers.conf" =
      lib.concatStrings (map (group: "g ${group} -\n") (builtins.attrNames config.users.groups))
      + lib.concatStrings (lib.mapAttrsToList user config.users.users);
    "tmpfiles.conf" = lib.concatStrings (map (rule: "${rule}\n") config.systemd.tmpfiles.rules);
  };
in
assert lib.assertMsg (wrong == [ ]) (builtins.toJSON wrong);
pkgs.runCommand "system" { inherit (config.systemd) packages; } ''
  mkdir $out
  for package in $packages; do
    cp -r $package/lib/systemd/system/. $out
  done
  ${lib.concatStrings (
    lib.mapAttrsToList (name: text: ''
      cat > $out/${name} <<'END'
      ${text}END
    '') files
  )}
''
