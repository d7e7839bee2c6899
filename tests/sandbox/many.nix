/**
  The small project several times over, each with a word of its own in its sources, so that the
  crates of one are not those of another but for the first.

  # Example

  ```nix
  (import ./many.nix { source = "/…"; words = "[ \"one\", \"two\" ]"; settings = "null"; run = "1"; }).one
  ```

  # Arguments

  - `source`: the project's folder, with `WORD` where the word belongs.
  - `words`: as JSON; each is an attribute of the result.
  - `settings`: the settings of withSccache, as JSON; null for derivations without it.
  - `attributes`: further attributes of each derivation, as JSON.
  - `run`: what no other run has, so that Nix builds them although it did so before.
*/
{
  source,
  words,
  settings,
  run,
  attributes ? "{}",
}:

let
  build =
    word:
    import ./library.nix {
      inherit source settings run;
      attributes = builtins.toJSON (
        builtins.fromJSON attributes
        // {
          name = "many-${word}";
          postPatch = "find . -name '*.rs' -exec sed -i 's/WORD/${word}/' {} +";
        }
      );
    };
in
builtins.listToAttrs (
  map (word: {
    name = word;
    value = build word;
  }) (builtins.fromJSON words)
)
