# shellcheck shell=bash disable=SC1091,SC2154 # files and variables of the build
# What every derivation runs. Structured attributes come in a file, others by the environment.
if [[ -e .attrs.sh ]]; then
    source .attrs.sh
fi
source "$stdenv/setup"
genericBuild
