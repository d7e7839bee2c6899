/**
  A package with a drop-in that lets a unit execute one package and its closure, and nothing else. The
  closure is known only when the package is built.

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
    directory=$out/lib/systemd/system/$unit.d
    mkdir -p $directory
    {
      echo "[Service]"
      echo "NoExecPaths=$noExecPaths"
      sed 's/^/ExecPaths=/' $closure/store-paths
    } > $directory/exec-paths.conf
  ''
