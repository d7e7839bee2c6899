"""Stands in for rustc's x.py: notes what it finds, and compiles a library as cargo would."""

import contextlib
import glob
import json
import os
import shutil
import subprocess
import sys


def servers():
    """How many programs called sccache run in the sandbox."""
    names = []
    for process in glob.glob("/proc/[0-9]*/comm"):
        # It may have ended since.
        with contextlib.suppress(OSError), open(process) as name:
            names.append(name.read().strip())
    return names.count("sccache")


with open("seen.json", "w") as seen:
    json.dump(
        {
            "arguments": sys.argv[1:],
            "environment": dict(os.environ),
            "directory": os.getcwd(),
            "directories": [name for name in os.environ if os.path.isdir(os.environ[name])],
            "programs": {name: shutil.which(name) for name in ("curl", "sccache")},
        },
        seen,
    )

with open("library.rs", "w") as library:
    library.write("pub fn answer() -> u32 { 42 }\n")

wrapper = os.environ.get("RUSTC_WRAPPER")
if wrapper:
    subprocess.check_call(
        [wrapper, "/rust/bin/rustc", "--crate-name", "library", "--crate-type", "lib"]
        + ["--emit=dep-info,metadata,link", "--out-dir", "build", "library.rs"]
    )

if sys.argv[1] == "install":
    os.makedirs(os.environ["out"])
    shutil.copy("seen.json", os.environ["out"])

print(f"servers in the build: {servers()}", flush=True)

if os.environ.get("FAILS"):
    sys.exit("x.py fails")
