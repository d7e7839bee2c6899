/**
  What the packages of programs have in common, as attributes for `rustPlatform.buildRustPackage`.

  # Example

  ```nix
  rustPlatform.buildRustPackage (
    import ./rustPackage.nix lib { pname = "nix-sccache-gateway"; description = "…"; } // { src = …; }
  )
  ```
*/
lib:
{ pname, description }:

{
  inherit pname;
  version = import ./version.nix;

  # They are run in the repository, with a Nix and an sccache.
  doCheck = false;

  meta = {
    inherit description;
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
    mainProgram = pname;
    # Those whose system calls and calling conventions the trace library knows.
    platforms = [
      "aarch64-linux"
      "x86_64-linux"
    ];
  };
}
