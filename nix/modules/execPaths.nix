/**
  A package with a drop-in for a unit that lets it execute one package, and what that needs, and
  nothing else. What it needs is known when it is built, and not before.

  # Example

  ```nix
  systemd.packages = [ (execPaths "nix-sccache-daemon.service" pkgs.sccache "/") ];
  ```
*/
{ pkgs }:

unit: package: noExecPaths:
pkgs.runCommand "${unit}-exec-paths"
  {
    inherit noExecPaths unit;
    closure = pkgs.closureInfo { rootPaths = [ package ]; };
  }
  ''
    folder=$out/lib/systemd/system/$unit.d
    mkdir -p $folder
    {
      echo "[Service]"
      echo "NoExecPaths=$noExecPaths"
      sed 's/^/ExecPaths=/' $closure/store-paths
    } > $folder/exec-paths.conf
  ''
