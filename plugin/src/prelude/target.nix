# The argument of `rust.target`: of a platform what is needed.
{ call }:

let
  inherit (builtins)
    isAttrs
    isPath
    isString
    ;

  # Whether nixpkgs' `rustcTargetSpec` is the file that describes a target, and no name of one.
  isSpecification =
    target: (isPath target || isString target) && builtins.match ".*[.]json" (toString target) != null;
in
asked:
call "target" (
  # Of a platform's many attributes, some of which throw, only these are read.
  if isAttrs asked then
    builtins.intersectAttrs {
      system = null;
      config = null;
    } asked
    // (
      if asked ? rust.rustcTarget then
        {
          rust = {
            inherit (asked.rust) rustcTarget;
            isCustom = isSpecification (asked.rust.rustcTargetSpec or null);
          };
        }
      else if asked ? rustc.config then
        { rustc = { inherit (asked.rustc) config; }; }
      else
        { }
    )
  else
    asked
)
