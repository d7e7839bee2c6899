# shellcheck shell=bash
# Which Nix is on PATH.

nix_version() {
    nix --version | sed -E 's/.* //'
}
