/**
  With the plugin, its builtins. The error without it is none that could be caught here.

  # Example

  ```nix
  lib.runTests (import ./requirePlugin.nix)
  => [ ]
  ```
*/
{
  testPlugin = {
    expr = import ../lib/requirePlugin.nix { rust.target = "…"; };
    expected.target = "…";
  };
}
