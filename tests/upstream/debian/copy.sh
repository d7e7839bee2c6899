# shellcheck shell=sh disable=SC2154 # the derivation sets them
# Copies programs and files of Debian's packages into a store path, with the libraries that they want,
# so that they run where there is no /usr. Runs in a sandbox that has the machine's /usr and
# /var/lib/dpkg/info mounted.
#
# programs: NAME or NAME=PATH, each becomes bin/NAME.
# packages: what these installed comes along, under its own path below /usr.
# except: a pattern of paths, for grep -E, that do not.
# libraries: names of further libraries, for lib.
# glibc: the store path of the C library; empty for the C library itself.
set -eu

libs=/usr/lib/x86_64-linux-gnu
mkdir -p "$out/bin" "$out/lib"

for package in $packages; do
    cat "/var/lib/dpkg/info/$package.list" "/var/lib/dpkg/info/$package:amd64.list" 2>/dev/null |
        grep -vE "^/usr/share/(doc|man|info|lintian|bug|locale)/|^/etc/|^/var/|${except:-^$}" |
        while read -r file; do
            # Debian's /bin is /usr/bin, and so on.
            path=${file#/usr}
            file=/usr$path
            { [ -f "$file" ] || [ -L "$file" ]; } || continue
            # What a package has for others by a name that is chosen on the machine is not in it.
            if [ -L "$file" ] && [ -d "$file" ]; then continue; fi
            mkdir -p "$out${path%/*}"
            if [ -L "$file" ] && case $(readlink "$file") in /*) false ;; esac; then
                cp -P "$file" "$out$path"
            else
                cp -L "$file" "$out$path"
            fi
        done
done

for program in $programs; do
    name=${program%%=*}
    path=${program#*=}
    case $path in /*) ;; *) path=/usr/bin/$name ;; esac
    cp -L --remove-destination "$path" "$out/bin/$name"
done
for library in $libraries; do
    cp -L "$libs/$library" "$out/lib"
done

if [ -z "$glibc" ]; then
    # Where nixpkgs' glibc has them.
    mv "$out"/lib/x86_64-linux-gnu/* "$out/lib"
    cp -L /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$out/lib"
    # Scripts of the linker, which name the places of a Debian.
    for script in libc.so libm.so libm.a; do
        [ ! -e "$out/lib/$script" ] || sed -i "s|\(/usr\)\?/lib64/|$out/lib/|g; s|\(/usr\)\?/lib/x86_64-linux-gnu/|$out/lib/|g" "$out/lib/$script"
    done
    # Headers that Debian has apart for each architecture.
    cp -r "$out"/include/x86_64-linux-gnu/* "$out/include"
    rm -r "$out/include/x86_64-linux-gnu" "$out/lib/x86_64-linux-gnu"
    glibc=$out
fi

# ldd is a script of a shell that is not there.
list_libraries() {
    /lib64/ld-linux-x86-64.so.2 --list "$1" 2>/dev/null
}
is_elf() {
    [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}
find "$out" -type f -print | while read -r file; do
    is_elf "$file" || continue
    case ${file##*/} in ld-linux-* | libc.so.* | *.o) continue ;; esac
    # Of the C library itself nothing comes along.
    list_libraries "$file" | sed -n 's/.* => \(\/[^ ]*\) (.*/\1/p' | while read -r library; do
        name=${library##*/}
        [ -e "$glibc/lib/$name" ] || [ -e "$out/lib/$name" ] || cp -L "$library" "$out/lib/$name"
    done
done
chmod -R u+w "$out"
find "$out" -type f -print | while read -r file; do
    is_elf "$file" || continue
    case ${file##*/} in ld-linux-* | libc.so.* | *.o) continue ;; esac
    if patchelf --print-interpreter "$file" >/dev/null 2>&1; then
        patchelf --set-interpreter "$glibc/lib/ld-linux-x86-64.so.2" "$file"
    fi
    if patchelf --print-needed "$file" 2>/dev/null | grep -q .; then
        patchelf --set-rpath "$out/lib:$glibc/lib" "$file"
    fi
done
eval "${after:-}"
rmdir --ignore-fail-on-non-empty "$out/bin" "$out/lib"
