/**
  Finds the release of Rust that a package is of: by its version, by its name, as with fenix'
  packages, or by its date.

  # Example

  ```nix
  release { version = "1.97.0-nightly-2026-05-20"; }
  => { channel = "nightly"; date = "2026-05-20"; number = "1.97"; }

  release { name = "rust-stable-with-components-2026-07-16"; }
  => { channel = "stable"; date = "2026-07-16"; number = null; }

  # Cargo's own number is one ahead: 0.96 is the cargo of Rust 1.95.
  release { version = "0.96.0"; }
  => { channel = "stable"; date = null; number = "1.95"; }
  ```
*/
package:

let
  ofName = (builtins.parseDrvName package.name or "").version;
  said = package.version or null;
  # In brackets there are a commit and its date, as `rustc --version` has them, and cargo's is another.
  version =
    if said != null then
      builtins.head (builtins.split " *\\(" said)
    else if ofName != "" then
      ofName
    else
      null;

  # The first group of the pattern in a text, or null.
  find =
    pattern: text:
    let
      found = if builtins.isString text then builtins.match pattern text else null;
    in
    if found == null then null else builtins.elemAt found 1;

  day = find "(.*[^0-9])?([0-9]{4}-[0-9]{2}-[0-9]{2})([^0-9].*)?";

  numbers =
    if version == null then null else builtins.match "([0-9]+)\\.([0-9]{1,9})([^0-9].*)?" version;
  major = builtins.elemAt numbers 0;
  minor = builtins.elemAt numbers 1;

  # In a version, or in a name; a plain number is a stable release.
  channel = find "(.*[^a-z])?(stable|beta|nightly)([^a-z].*)?";
  channels = builtins.filter (one: one != null) [
    (channel version)
    (channel (package.name or null))
    (if numbers == null then null else "stable")
  ];
in
{
  inherit version;
  channel = if channels == [ ] then null else builtins.head channels;
  date = if day version == null then package.date or null else day version;
  number =
    if numbers == null then
      null
    else if major == "0" then
      "1.${toString (builtins.fromJSON minor - 1)}"
    else
      "${major}.${minor}";
}
