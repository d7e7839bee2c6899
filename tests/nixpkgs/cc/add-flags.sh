# shellcheck shell=bash disable=SC2154 # @…@ is filled in
# The linker's flags, from the environment: bintools-wrapper/add-flags.sh of nixpkgs. The compiler's
# wrapper reads it, too, with functions of its own.
accumulateRoles
for variable in NIX_LDFLAGS NIX_LDFLAGS_BEFORE NIX_DYNAMIC_LINKER NIX_HARDENING_ENABLE; do
    mangleVarList $variable
done
declare -n flags=NIX_LDFLAGS_@suffixSalt@ loader=NIX_DYNAMIC_LINKER_@suffixSalt@
flags+=" $(flagsOf @out@ libc-ldflags)"
if [[ -z $loader ]]; then loader=$(flagsOf @out@ dynamic-linker); fi
unset -n flags loader
export NIX_BINTOOLS_WRAPPER_FLAGS_SET_@suffixSalt@=1
