# With the plugin, its builtins; without it, an error.
let
  requirePlugin = import ../lib/requirePlugin.nix;
in
{
  testPlugin = {
    expr = requirePlugin { rust.target = "…"; };
    expected.target = "…";
  };

  testNoPlugin = {
    expr = (builtins.tryEval (requirePlugin { })).success;
    expected = false;
  };
}
