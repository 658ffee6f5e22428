"""`python3 -m hack.image.rootfs VENV ROOT`: put the image's file tree together below ROOT."""

from __future__ import annotations

import compileall
import os
import py_compile
import subprocess
import sys
import sysconfig
from pathlib import Path

from hack.errors import HackError
from hack.image.rootfs import libraries, packages, pruning
from hack.image.rootfs.tree import Tree

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SYSTEM = (
    CERTIFICATES,
    Path("/etc/os-release"),  # by which scanners know the distribution
    Path("/etc/debian_version"),
)
USERS = """\
root:x:0:0:root:/:/sbin/nologin
nonroot:x:65532:65532:nonroot:/:/sbin/nologin
"""
GROUPS = """\
root:x:0:
nonroot:x:65532:
"""
COMMAND = """\
#!{python}
import sys

from controller.cli.main import main

sys.exit(main())
"""


def main(venv: Path, root: Path) -> None:
    """Make the tree; HackError when something that it needs is not there."""
    tree = Tree(root)
    stdlib = Path(sysconfig.get_path("stdlib"))
    site = venv / stdlib.relative_to(stdlib.parents[1]) / "site-packages"
    if not CERTIFICATES.exists():
        raise HackError(f"{CERTIFICATES} is missing: the base image needs ca-certificates.")
    for path in (*SYSTEM, venv / "pyvenv.cfg", *sorted((venv / "bin").glob("python*"))):
        tree.place(path)
    tree.place_folder(stdlib, wanted=pruning.of_python)
    tree.place_folder(site, wanted=pruning.of_packages)
    for library in (*libraries.needed(set(tree.placed)), *libraries.later()):
        tree.place(library)
    names = packages.record(tree, also=["ca-certificates"])
    _settings(tree, venv / "bin")
    for folder in (stdlib, site):
        _compile(tree, folder)
    tree.close()
    (root / "tmp").mkdir(mode=0o1777)
    (root / "tmp").chmod(0o1777)
    print(f"{len(tree.placed)} files, of these Debian packages: {' '.join(names)}")


def _settings(tree: Tree, programs: Path) -> None:
    """Write the user, name resolution, the command, and where libraries are found."""
    tree.write("/etc/passwd", USERS)
    tree.write("/etc/group", GROUPS)
    tree.write("/etc/nsswitch.conf", "hosts: files dns\n")
    tree.write(str(programs / "spotdrain"), COMMAND.format(python=programs / "python"), mode=0o755)
    tree.place(Path("/etc/ld.so.conf"))
    for path in Path("/etc/ld.so.conf.d").glob("*.conf"):
        tree.place(path)
    subprocess.run(["ldconfig", "-r", str(tree.root)], check=True)


def _compile(tree: Tree, folder: Path) -> None:
    """Compile for a file system that cannot be written: a start would do it each time anew."""
    done = compileall.compile_dir(
        tree.inside(folder),
        quiet=1,
        workers=os.cpu_count() or 1,
        stripdir=str(tree.root),
        prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        raise HackError(f"not everything below {folder} could be compiled")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
