# shellcheck shell=bash
# Which Nix there is.

# nix_version [NIX]: the version of a `nix`, by default of the one on PATH.
nix_version() {
    "${1:-nix}" --version | sed -E 's/.* //'
}
