/**
  The reference pages of the book, as Markdown, made of the doc comments and the declarations that they
  are about. What has no doc comment is an error.

  # Example

  ```sh
  nix eval --raw --file docs/reference.nix lib > docs/src/reference/lib.md
  ```

  # Attributes of the result

  - `builtins`: the builtins, from the comments of `plugin/src/prelude/default.nix`.
  - `lib`: the functions of `nix/lib`, from the comment that each one's file begins with.
  - `nixos`, `flake-parts`: the options of the modules, as `evalModules` has them.
*/
let
  inherit (builtins)
    attrNames
    concatStringsSep
    elemAt
    filter
    foldl'
    isString
    length
    pathExists
    readFile
    split
    stringLength
    substring
    ;

  pkgs = import ../tests/nixpkgs { system = "x86_64-linux"; };
  inherit (pkgs) lib;

  splitOn = separator: text: filter isString (split separator text);
  lines = splitOn "\n";

  indentOf = line: stringLength (builtins.head (builtins.match "( *).*" line));

  dedent =
    text:
    let
      all = lines text;
      indents = map indentOf (filter (line: builtins.match " *" line == null) all);
      least = foldl' (least: indent: if indent < least then indent else least) 1000 indents;
    in
    concatStringsSep "\n" (map (line: substring least (-1) line) all);

  # Headings further down by as many levels as `below` has signs: those of a page are above them. What
  # begins with a sign in a block of code is a comment.
  demote =
    below: text:
    let
      step =
        { isCode, result }:
        line:
        let
          isFence = builtins.match " *```.*" line != null;
          isHeading = !isCode && substring 0 1 line == "#";
        in
        {
          isCode = isCode != isFence;
          result = result + lib.optionalString isHeading below + line + "\n";
        };
    in
    (foldl' step {
      isCode = false;
      result = "";
    } (lines text)).result;

  # The doc comments of a text, each with the code that follows it.
  comments =
    text:
    map (
      part:
      let
        pieces = splitOn "\\*/\n" part;
      in
      {
        text = lib.removeSuffix "\n" (dedent (builtins.head pieces));
        code = elemAt pieces 1;
      }
    ) (builtins.tail (splitOn "/\\*\\*\n" text));

  # The doc comment that a file begins with.
  commentOf =
    file:
    let
      text = readFile file;
    in
    if substring 0 4 text == "/**\n" then
      (builtins.head (comments text)).text
    else
      throw "${toString file} does not begin with a doc comment: /** … */";

  page = title: introduction: sections: ''
    # ${title}

    <!-- Made by docs/reference.nix: change the comments that it reads. -->

    ${demote "#" introduction}
    ${concatStringsSep "\n" sections}'';

  section = name: text: "## ${name}\n\n${demote "##" text}";

  source = path: "[`${path}`](../../../${path})";

  prelude = ../plugin/src/prelude/default.nix;
  builtinComments = comments (readFile prelude);
  builtin =
    name:
    let
      own = filter (comment: lib.hasPrefix "  ${name} = " comment.code) builtinComments;
    in
    if length own != 1 then
      throw "${toString prelude}: `${name}` has no doc comment before it: /** … */"
    else
      section "rust.${name}" (builtins.head own).text;

  function =
    name:
    let
      file = if pathExists (../nix/lib + "/${name}.nix") then "${name}.nix" else "${name}/default.nix";
    in
    section name (commentOf (../nix/lib + "/${file}") + "\n\nIn ${source "nix/lib/${file}"}.");

  # Every option of a set of them, with its name.
  flatten =
    name: option:
    if option._type or null == "option" then
      [ (option // { inherit name; }) ]
    else
      builtins.concatMap (attribute: flatten "${name}.${attribute}" option.${attribute}) (
        attrNames option
      );

  # A value as Nix code. What is text already says so.
  show =
    value: if value._type or null == "literalExpression" then value.text else builtins.toJSON value;

  option =
    {
      name,
      description ? throw "the option ${name} has no description",
      type,
      ...
    }@declared:
    let
      field =
        title: attribute:
        lib.optionalString (declared ? ${attribute}) "- ${title}: `${show declared.${attribute}}`\n";
    in
    section name (lib.removeSuffix "\n" description + "\n")
    + "- Type: `${type.description or type.name}`\n"
    + field "Default" (if declared ? defaultText then "defaultText" else "default")
    + field "Example" "example";

  # Of a module's options, those below a name; what else there is, is a stand-in of NixOS'.
  nixos = (pkgs.nixos { imports = [ ../nix/modules/nixos.nix ]; }).options.services.nix-sccache;

  flakeParts =
    (lib.evalModules {
      modules = [
        ((import ../nix/modules/flakeParts.nix {
          inherit lib;
          flake-parts-lib.mkPerSystemOption = module: module;
        }).options.perSystem
        )
      ];
      specialArgs = { inherit pkgs; };
    }).options.nix-sccache;
in
{
  builtins =
    page "Builtins"
      ''
        The plugin adds one attribute set, `builtins.rust`. Its functions work under `--pure-eval` and
        `restrict-eval` and carry string context. `:doc builtins.rust.toTOML` in `nix repl` shows the
        same text. Source: ${source "plugin/src/prelude/default.nix"}.
      ''
      (
        map builtin (
          attrNames (import prelude { ask = throw "the documentation asks nothing of the plugin"; })
        )
      );

  lib = page "Functions of nix/lib" (commentOf ../nix/lib/default.nix) (
    map function (attrNames (import ../nix/lib { inherit pkgs; }))
  );

  nixos = page "NixOS options" (commentOf ../nix/modules/nixos.nix) (
    map option (flatten "services.nix-sccache" nixos)
  );

  flake-parts = page "flake-parts options" (commentOf ../nix/modules/flakeParts.nix) (
    map option (flatten "perSystem.nix-sccache" flakeParts)
  );
}
