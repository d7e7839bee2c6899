/**
  naersk.

  # Example

  ```nix
  (import ./naersk.nix { pkgs = …; source = _: /…; add = attrs: attrs; … }).buildPackage
  ```
*/
{
  pkgs,
  add,
  project,
  run,
  source,
  ...
}:

let
  naersk = pkgs.callPackage (source "naersk") { };

  package =
    attrs:
    naersk.buildPackage (
      add (
        {
          src = project;
          inherit run;
          buildInputs = [ pkgs.zlib ];
        }
        // attrs
      )
    );
in
if source "naersk" == null then
  { }
else
  {
    buildPackage = package { };
    "buildPackage, singleStep" = package { singleStep = true; };
    "buildPackage, doCheck" = package { doCheck = true; };
    "mode = check" = package { mode = "check"; };
    "mode = clippy" = package { mode = "clippy"; };
  }
