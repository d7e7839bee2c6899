/**
  What the crates are made of: a change of anything else rebuilds none of them.

  # Example

  ```nix
  src = import ./source.nix;
  ```
*/
let
  root = ../..;

  parts = [
    "/Cargo.lock"
    "/Cargo.toml"
    "/core"
    "/plugin"
    # Cargo wants the manifest of every member, and looks no further.
    "/tests/Cargo.toml"
    "/wrapper"
  ];

  startsWith = prefix: string: builtins.substring 0 (builtins.stringLength prefix) string == prefix;

  # A part, what is in it, or a folder on the way to it.
  belongsTo = path: part: path == part || startsWith "${part}/" path || startsWith "${path}/" part;
in
builtins.path {
  name = "source";
  path = root;
  filter =
    path: _:
    builtins.any (belongsTo (
      builtins.substring (builtins.stringLength (toString root)) (-1) path
    )) parts;
}
