/**
  So many derivations that run a shell and nothing else.

  # Example

  ```sh
  nix-build scripts/bench.d/plain.nix --arg number 1000 --argstr run 1
  ```

  # Arguments

  - `number`: how many.
  - `run`: what no other run has, so that all of them are built.
*/
{ number, run }:

builtins.genList (
  at:
  derivation {
    name = "plain-${toString at}";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [
      "-c"
      "echo $run > $out"
    ];
    inherit run;
  }
) number
