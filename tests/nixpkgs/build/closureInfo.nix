/**
  A directory with the list of all that these paths need, `store-paths`.

  # Example

  ```nix
  "${closureInfo { rootPaths = [ pkgs.sccache ]; }}/store-paths"
  ```
*/
{ runCommand }:

{ rootPaths }:
runCommand "closure-info"
  {
    exportReferencesGraph = builtins.concatLists (
      builtins.genList (number: [
        "closure-${toString number}"
        (builtins.elemAt rootPaths number)
      ]) (builtins.length rootPaths)
    );
    store = builtins.storeDir;
  }
  ''
    mkdir $out
    # Beside them there are those that made them, and numbers.
    cat closure-* | grep "^$store/" | grep -v '\.drv$' | sort -u > $out/store-paths
  ''
