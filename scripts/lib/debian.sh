# shellcheck shell=bash
# Debian packages: what is missing is installed, or named where that cannot be done.

# need_debian PROBE PACKAGE …: in pairs; a probe is a command, or a file that the package brings.
need_debian() {
    local missing=()
    while (($#)); do
        [[ $1 == /* && -e $1 ]] || command -v "$1" >/dev/null || missing+=("$2")
        shift 2
    done
    ((${#missing[@]})) || return 0
    if ! command -v apt-get >/dev/null || ((EUID)); then
        fail "not installed: ${missing[*]} (by Debian's names). Install them, or run this as root on Debian."
    fi
    say "installing ${missing[*]}"
    (
        # Redis and Nix bring services, which nobody here asked for.
        policy=/usr/sbin/policy-rc.d
        if [[ ! -e $policy ]]; then
            trap 'rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod +x "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        [[ -n $debian_lists ]] || apt-get -q update >&2
        apt-get -q -y --no-install-recommends install "${missing[@]}" >&2
    )
    debian_lists="were read"
}
debian_lists=

# debian_mirror: prints where this machine has its packages from, if it is a Debian; security's archive has another label.
debian_mirror() {
    # shellcheck disable=SC2016 # apt's variable
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1 || true
}

# suite_sources TYPE SUITE: prints a line for apt's sources: TYPE is `deb` or `deb-src`.
suite_sources() {
    local mirror
    mirror=$(debian_mirror)
    echo "$1 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian/} $2 main"
}

# apt_get_of DIRECTORY ARGUMENT…: apt-get with the sources in DIRECTORY/sources, and lists beside them. The machine's own lists
# stay as they are: most machines have no deb-src in them.
apt_get_of() {
    local directory=$1
    shift
    apt-get -q \
        -o Dir::Etc::sourcelist=/dev/null \
        -o Dir::Etc::sourceparts="$directory/sources" \
        -o Dir::State::lists="$directory/lists" \
        -o APT::Sandbox::User="$(id -un)" \
        "$@" >&2
}

# debian_source PACKAGE VERSION [SUITE [OPTION…]]: unpacks a source package into the current
# directory, from the machine's own suites or from the one that is named.
debian_source() {
    local package=$1 version=$2 suite=${3-} apt list
    need_debian dpkg-source dpkg-dev
    shift $(($# > 3 ? 3 : $#))
    apt=$(mktemp -d "$PWD/apt.XXXXXX")
    mkdir "$apt/sources" "$apt/lists"
    if [[ -n $suite ]]; then
        suite_sources deb-src "$suite" >"$apt/sources/suite.list"
    else
        for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
            [[ -f $list ]] || continue
            sed -e 's/^Types:.*/Types: deb-src/' -e 's/^deb /deb-src /' "$list" >"$apt/sources/${list##*/}"
        done
    fi
    # An archive without sources is none of our business: if it was the one that matters, the
    # next line says so.
    apt_get_of "$apt" update || true
    apt_get_of "$apt" source "$@" "$package=$version"
}

# debian_package PACKAGE SUITE: downloads a suite's package, as a file, into the current directory.
debian_package() {
    local package=$1 suite=$2 apt
    apt=$(mktemp -d "$PWD/apt.XXXXXX")
    mkdir "$apt/sources" "$apt/lists"
    suite_sources deb "$suite" >"$apt/sources/suite.list"
    apt_get_of "$apt" update
    apt_get_of "$apt" download "$package/$suite"
}
