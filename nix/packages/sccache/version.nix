/**
  The version of a package, which may say it in its name alone.

  # Example

  ```nix
  import ./version.nix pkgs.sccache
  => "0.19.0"
  ```
*/
package: package.version or (builtins.parseDrvName package.name).version
