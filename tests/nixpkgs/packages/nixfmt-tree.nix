/**
  What `nix fmt` runs: nixfmt, whichever is on PATH, on the files that are named, or on all of the
  repository.

  # Example

  ```nix
  "${nixfmt-tree}/bin/treefmt"
  ```
*/
{ runCommand }:

runCommand "nixfmt-tree" { meta.mainProgram = "treefmt"; } ''
  mkdir -p $out/bin
  cat > $out/bin/treefmt <<'END'
  #!/usr/bin/bash
  if (($# == 0)) || [[ $1 == . ]]; then mapfile -t files < <(git ls-files '*.nix'); set -- "''${files[@]}"; fi
  exec nixfmt "$@"
  END
  chmod +x $out/bin/treefmt
''
