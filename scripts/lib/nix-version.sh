# shellcheck shell=bash
# Which Nix is on PATH, and what the plugin needs to be built for it.

nix_version() {
    nix --version | sed -E 's/.* //'
}

# nix_before VERSION: whether the Nix on PATH is older than that.
nix_before() {
    local ours
    ours=$(nix_version)
    [[ $ours != "$1" && $(printf '%s\n' "$ours" "$1" | sort --version-sort | head -n 1) == "$ours" ]]
}

# The features of the plugin's crate: from 2.34.1 on Nix's C API serves, which needs no headers.
plugin_features() {
    if nix_before 2.34.1; then echo cxx-host; fi
}
