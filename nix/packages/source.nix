/**
  The source of one package: some parts of the repository, so that a change of anything else
  does not rebuild it.

  # Example

  ```nix
  src = import ./source.nix [ "/core" "/plugin" ];
  ```
*/
parts:

let
  root = ../..;

  all = parts ++ [
    "/Cargo.lock"
    "/Cargo.toml"
    "/wrapper/Cargo.toml"
    "/wrapper/contract"
    # Cargo wants the manifest of every member, and of what a member is built with, and looks no further.
    "/wrapper/cache/Cargo.toml"
    "/wrapper/trace/format/Cargo.toml"
    "/core/Cargo.toml"
    "/gateway/Cargo.toml"
    "/plugin/Cargo.toml"
    "/tests/Cargo.toml"
    "/tool/Cargo.toml"
  ];

  startsWith = prefix: string: builtins.substring 0 (builtins.stringLength prefix) string == prefix;

  # A part, what is in it, or a directory on the way to it.
  belongsTo = path: part: path == part || startsWith "${part}/" path || startsWith "${path}/" part;
in
builtins.path {
  name = "source";
  path = root;
  filter =
    path: _:
    builtins.any (belongsTo (builtins.substring (builtins.stringLength (toString root)) (-1) path)) all;
}
