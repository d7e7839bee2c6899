/**
  What a source says of itself: its release, and its stage0.

  # Example

  ```nix
  read { source = ./rust; release = null; stage0 = null; }
  => { isPackage = false; tree = ./rust; stage0 = { version = "1.83.0"; … }; version = …; file = …; }
  ```

  # Attributes of the result

  - `isPackage`: whether the source is a package, and not a tree.
  - `tree`: where the files are, or what they are unpacked from.
  - `stage0`: the answer of `builtins.rust.stage0`.
  - `file`: what names the stage0, for `builtins.rust.toolchain`.
  - `version`: the release, as an argument for `builtins.rust.bootstrapConfig`.
  - `release`: the release alone.
*/
{ rust }:

{
  source,
  release,
  stage0,
}:
let
  # A fetcher's result is a derivation as well, of nothing that has a `src`.
  isPackage = source ? overrideAttrs && source ? src;
  tree = if isPackage then source.src else source;

  # What is unpacked in the build alone cannot be read.
  isArchive =
    tree.type or null == "derivation"
    && builtins.match ".*\\.(tar|tgz|tbz|txz|zip)(\\.[a-z0-9]+)?" tree.name != null;

  readable =
    wanted:
    if isArchive then
      throw ''
        sccachedRustc: the source ${tree.name} is an archive, and what is in it is not known when this is evaluated.
        Give ${wanted}.
      ''
    else
      tree;

  versionOfTree = readable "`release`, the text of its src/version, and `stage0`, the file of that name in its folder src";
  ofTree = readable "`stage0`, the file of that name in its folder src, or the text of it";

  answer = rust.stage0 (
    (if stage0 == null then { source = ofTree; } else { file = stage0; })
    // {
      version =
        if release == null then (versionOfTree.outPath or versionOfTree) + "/src/version" else release;
    }
  );
in
{
  inherit isPackage tree;
  stage0 = answer;
  release = answer.accepts.source;
  file = if stage0 == null then ofTree else stage0;
  version = if release == null then { source = versionOfTree; } else { inherit release; };
}
