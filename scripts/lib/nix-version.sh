# shellcheck shell=bash
# Which Nix there is.

# nix_version [NIX]: the version of a `nix`, by default of the one on PATH.
nix_version() {
    # Lix says more in further lines.
    "${1:-nix}" --version | sed -nE '1s/.* //p'
}
