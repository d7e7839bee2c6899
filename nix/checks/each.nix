/**
  A test of `runTests` in which many values are to be the same.

  # Example

  ```nix
  import ./each.nix false [ (succeeds "1.95.0" "1.94.0") ]
  => { expr = [ false ]; expected = [ false ]; }
  ```
*/
value: expr: {
  inherit expr;
  expected = map (_: value) expr;
}
