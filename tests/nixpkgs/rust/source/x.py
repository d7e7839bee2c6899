"""Stands in for rustc's x.py: compiles a library by the compiler of the config, as cargo would, and
installs it where the config says."""

import os
import shutil
import subprocess
import sys
import tomllib

with open(os.environ["RUST_BOOTSTRAP_CONFIG"], "rb") as file:
    config = tomllib.load(file)

command = sys.argv[1]
if command == "build":
    with open("library.rs", "w") as library:
        library.write("pub fn answer() -> u32 { 42 }\n")
    compiler = [os.environ.get("RUSTC_WRAPPER"), config["build"]["rustc"]]
    arguments = ["--crate-name", "library", "--crate-type", "lib", "--emit", "link", "--out-dir", "."]
    subprocess.check_call([*filter(None, compiler), *arguments, "library.rs"])
elif command == "install":
    directory = os.path.join(config["install"]["prefix"], "lib")
    os.makedirs(directory)
    shutil.move("liblibrary.rlib", os.path.join(directory, "liblibrary.rlib"))
else:
    sys.exit(f"no command of x.py's: {command}")
