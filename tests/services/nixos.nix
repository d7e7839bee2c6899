/**
  A directory with what NixOS makes of `services.nix-sccache`, laid out as `packages.units` is: the
  units and their drop-ins, what systemd-sysusers and systemd-tmpfiles read, and the lines of nix.conf.

  # Example

  ```sh
  nix-build tests/services/nixos.nix --argstr settings '{ "readOnly": true }'
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
      services.nix-sccache = lib.recursiveUpdate {
        enable = true;
        package = import ../prebuiltGateway.nix pkgs;
        plugin = null;
        everyBuild.package = import ../prebuiltShim.nix pkgs;
      } (builtins.fromJSON settings);
    })
    config
    ;

  wrong = builtins.filter (one: !one.assertion) config.assertions;

  user = name: user: ''
    u ${name} -:${user.group} "${user.description}"
  '';

  units = lib.mapAttrs' (
    name: unit: lib.nameValuePair "systemd/system/${name}" unit.text
  ) config.systemd.units;

  files = units // {
    "sysusers.d/nix-sccache.conf" =
      lib.concatStrings (map (group: "g ${group} -\n") (builtins.attrNames config.users.groups))
      + lib.concatStrings (lib.mapAttrsToList user config.users.users);
    "tmpfiles.d/nix-sccache.conf" = lib.concatStrings (
      map (rule: "${rule}\n") config.systemd.tmpfiles.rules
    );
  };

  paths = toString config.nix.settings.extra-sandbox-paths;
in
assert lib.assertMsg (wrong == [ ]) (builtins.toJSON wrong);
pkgs.runCommand "nixos" { inherit (config.systemd) packages; } ''
  mkdir -p $out/lib/{systemd/system,sysusers.d,tmpfiles.d} $out/etc/nix
  echo "extra-sandbox-paths = ${paths}" > $out/etc/nix/nix-sccache.conf
  for package in $packages; do
    cp -r $package/lib/systemd/system/. $out/lib/systemd/system
  done
  ${lib.concatStrings (
    lib.mapAttrsToList (name: text: ''
      cat > $out/lib/${name} <<'END'
      ${text}END
    '') files
  )}
''
