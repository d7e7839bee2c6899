//! Ordinary programs do under the library what they do without it: output, status, and the files that they make.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use nix_sccache_tests::rustc;

use crate::{Place, traced};

/// The files below a directory: their mode, and what is in them or where they lead.
fn tree(directory: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap();
            let content = if kind.is_symlink() {
                fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes()
            } else if kind.is_file() {
                fs::read(&path).unwrap()
            } else {
                directories.push(path.clone());
                Vec::new()
            };
            found.insert(
                path.display().to_string(),
                (kind.permissions().mode(), content),
            );
        }
    }
    found
}

/// Runs a script of bash in a directory that has nothing but `input`, bare and traced, and compares.
fn is_the_same(script: &str) {
    let place = Place::new();
    let mut both = Vec::new();
    for is_traced in [false, true] {
        let work = place.path.join("work");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir(&work).unwrap();
        fs::copy(place.path.join("input"), work.join("input")).unwrap();
        let toolchain = rustc().parent().unwrap().display().to_string();
        let mut command = place.command("bash");
        command
            .args(["-euc", script])
            .current_dir(&work)
            .env("PATH", format!("{toolchain}:/usr/bin:/bin"))
            .env("HOME", &work)
            .env("LC_ALL", "C");
        let output: Output = if is_traced {
            let trace = traced(&mut command);
            let noted = trace.records.as_ref().map(Vec::len);
            assert!(noted.is_ok_and(|count| count > 10), "{script}: {noted:?}");
            trace.output
        } else {
            command.output().unwrap()
        };
        both.push((output, tree(&work)));
    }
    let [(bare, bare_tree), (traced, traced_tree)] = &both[..] else {
        panic!()
    };
    assert!(bare.status.success(), "{script}: {bare:?}");
    assert_eq!(traced, bare, "{script}");
    let names = |tree: &BTreeMap<String, _>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(traced_tree), names(bare_tree), "{script}");
    assert!(traced_tree == bare_tree, "{script}: files differ");
    assert!(!bare_tree.is_empty());
}

#[test]
fn archives() {
    is_the_same(
        "mkdir a; seq 10000 >a/numbers; ln -s numbers a/link; chmod 700 a/numbers
         tar --sort=name --mtime=@0 -cf a.tar a; gzip -n a.tar; tar -xzf a.tar.gz -C . --transform s/^a/b/
         find . | sort; md5sum a.tar.gz b/numbers; sort -R --random-source=input a/numbers | head -5; rm -r a",
    );
}

#[test]
fn scripts() {
    is_the_same(
        "python3 -B -c 'import subprocess, os, tempfile, shutil
with tempfile.TemporaryDirectory() as directory:
    shutil.copy(\"input\", directory)
    print(sorted(os.listdir(directory)), subprocess.run([\"cat\", \"input\"], capture_output=True))
print(subprocess.run(\"exit 3\", shell=True).returncode, os.popen(\"echo popen\").read(), os.system(\"exit 4\"))'
         perl -e 'print `cat input`, system(\"false\"), -s \"input\"; open(F, \">made\"); print F 1; mkdir \"d\"; print glob(\"*\")'
         cat <(sed s/what/who/ input) | tee out; (exit 5) || echo $?; ls -la --time-style=+ input; exec 3<input; cat <&3",
    );
}

#[test]
fn errors() {
    is_the_same(
        "cat absent || true; ls absent || true; ./absent || true; mkdir input || true; cd absent || true
         rm absent || true; mv absent there || true; python3 -c 'open(\"absent\")' || true; chmod 000 absent || true
         ln input input || true; readlink input || true; realpath absent/absent || true; ls -d /proc/self/fd/1",
    );
}

#[test]
fn a_build_by_make_and_gcc() {
    is_the_same(
        "printf 'm: m.o\\n\\tgcc m.o -o m\\n%%.o: %%.c\\n\\tgcc -g -MD -c $< -o $@\\n' >Makefile
         printf '#include <stdio.h>\\nint main(void) { puts(\"compiled\"); }\\n' >m.c
         make -j2; make; ./m; rm m.o; make -n; gcc -E m.c | md5sum; gcc -print-search-dirs | md5sum",
    );
}

#[test]
fn a_build_by_cargo() {
    is_the_same(
        "cargo --quiet init --vcs none --name project p; cd p
         printf 'fn main() { println!(\"cargo::rustc-env=BUILT=yes\"); }' >build.rs
         printf 'fn main() { println!(\"{}\", env!(\"BUILT\")); }' >src/main.rs
         cargo --quiet build --release --offline; target/release/project; cargo --quiet build --release --offline
         mv target/release/project .; rm -r target Cargo.lock ../.cargo 2>/dev/null || true; ls",
    );
}

/// Nothing is left in the way of the program: no descriptor, and no time of a file is another.
#[test]
fn descriptors() {
    is_the_same(
        "ls -l --time-style=+ /proc/self/fd | wc -l; bash -c 'ls /proc/$$/fd'; stat -c %Y input | wc -c",
    );
    let place = Place::new();
    let mut ls = place.command("ls");
    let bare = ls.arg("/proc/self/fd").output().unwrap();
    let trace = traced(&mut ls);
    assert_eq!(trace.output.stdout, bare.stdout);
}
