/**
  Reads what a source says about itself: its release, and its stage0 file.

  # Example

  ```nix
  read { source = ./rust; release = null; stage0 = null; isGiven = true; }
  => { isPackage = false; tree = ./rust; stage0 = { version = "1.83.0"; … }; version = …; file = …; }
  ```

  # Attributes of the result

  - `isPackage`: whether the source is a package, and not a source tree.
  - `tree`: the source tree, or the archive of it.
  - `stage0`: the result of `builtins.rust.stage0`; for an archive with a given toolchain (`isGiven`)
    and without a given stage0 file, null stands for what only the file says.
  - `file`: what names the stage0, for `builtins.rust.toolchain`.
  - `version`: the release, as an argument for `builtins.rust.bootstrapConfig`.
  - `release`: the release alone.
*/
{ rust }:

{
  source,
  release,
  stage0,
  isGiven,
}:
let
  # A fetcher's result is a derivation as well, of nothing that has a `src`.
  isPackage = source ? overrideAttrs && source ? src;
  tree = if isPackage then source.src else source;

  # What is unpacked in the build alone cannot be read.
  isArchive =
    tree.type or null == "derivation"
    && builtins.match ".*\\.(tar|tgz|tbz|txz|zip)(\\.[a-z0-9]+)?" tree.name != null;

  isNumber = text: builtins.isString text && builtins.match "[0-9]+([.][0-9]+)+" text != null;

  readable =
    wanted:
    if isArchive then
      throw ''
        sccachedRustc: the source ${tree.name} is an archive, and what is in it is not known when this is evaluated.
        Give ${wanted}.
      ''
    else
      tree;

  versionOfTree = readable "`release`, the text of its src/version, and `stage0`, the file of that name in its directory src";
  ofTree = readable "`stage0`, the file of that name in its directory src, or the text of it";

  askedWith =
    file:
    rust.stage0 (
      file
      // {
        version =
          if release == null then (versionOfTree.outPath or versionOfTree) + "/src/version" else release;
      }
    );

  answer =
    if stage0 != null then
      askedWith { file = stage0; }
    else if isArchive && isGiven && release != null then
      {
        version = null;
        date = null;
        # This hangs on the release, and any file will do.
        inherit (askedWith { file = "compiler_date=2015-05-15\ncompiler_version=1.0.0\n"; }) accepts;
      }
    else
      askedWith { source = ofTree; };
in
{
  inherit isPackage tree;
  stage0 = answer;
  # Of one that is given, the name needs no plugin.
  release = if isNumber release then release else answer.accepts.source;
  file = if stage0 == null then ofTree else stage0;
  version = if release == null then { source = versionOfTree; } else { inherit release; };
}
