"""What goes into the image: files with their symlinks, libraries, packages, and what is left out."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hack.errors import HackError
from hack.image.rootfs import pruning
from hack.image.rootfs.libraries import is_binary, read_ldd
from hack.image.rootfs.packages import read_status
from hack.image.rootfs.tree import Tree

LDD = """\
\tlinux-vdso.so.1 (0x00007ffd2a5f2000)
\tlibssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f1c1b200000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1c1b6f5000)
"""


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Give a small machine: /lib is /usr/lib, and a library has a name by its version."""
    made = tmp_path / "origin"
    (made / "usr/lib").mkdir(parents=True)
    (made / "lib").symlink_to("usr/lib")
    (made / "usr/lib/libx.so.1.2").write_text("x")
    (made / "usr/lib/libx.so.1.2").chmod(0o4777)
    (made / "usr/lib/libx.so.1").symlink_to("libx.so.1.2")
    return made


def test_a_file_comes_with_every_symlink_on_the_way_to_it(origin: Path, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "root")

    tree.place(origin / "lib/libx.so.1")
    tree.place(origin / "lib/libx.so.1")

    inside = tree.inside(origin)
    assert (inside / "lib").readlink() == Path("usr/lib")
    assert (inside / "usr/lib/libx.so.1").readlink() == Path("libx.so.1.2")
    assert (inside / "lib/libx.so.1").read_text() == "x"
    assert tree.placed == {origin / "usr/lib/libx.so.1", origin / "usr/lib/libx.so.1.2"}


def test_nobody_but_root_may_write_and_a_module_is_no_program(origin: Path, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "root")
    tree.place(origin / "lib/libx.so.1")
    tree.write("/x.py", "#!/bin/sh", mode=0o775)

    tree.close()

    mode = (tree.inside(origin) / "usr/lib/libx.so.1.2").stat().st_mode
    assert stat.S_IMODE(mode) == 0o755
    assert stat.S_IMODE((tree.root / "x.py").stat().st_mode) == 0o644


def test_of_a_folder_comes_what_is_wanted_and_no_symlink_that_leads_nowhere(
    origin: Path, tmp_path: Path
) -> None:
    (origin / "usr/lib/gone").symlink_to("nowhere")
    (origin / "usr/lib/test").mkdir()
    (origin / "usr/lib/test/test_x.py").write_text("")
    (origin / "usr/lib/x.py").write_text("")
    tree = Tree(tmp_path / "root")

    tree.place_folder(origin / "usr/lib", wanted=pruning.of_python)

    placed = {path.name for path in tree.placed}
    assert placed == {"libx.so.1", "libx.so.1.2", "x.py"}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("botocore/data/sqs/2012-11-05/service-2.json.gz", True),
        ("botocore/data/sqs/2012-11-05/examples-1.json", False),
        ("botocore/data/sqs", True),
        ("botocore/data/ec2", False),
        ("botocore/data/endpoints.json", True),
        ("botocore/data", True),
        ("boto3/data/sqs", False),
        ("kubernetes/aio/client/models/__init__.py", True),
        ("kubernetes/aio/client/models/v1_pod.py", False),
        ("kubernetes/aio/client/api_client.py", True),
        ("aiohttp/_websocket/mask.pyx", False),
        ("aiohttp-3.14.5.dist-info/METADATA", True),
        ("kopf/py.typed", True),
        ("x/tests/test_x.py", True),
        ("x/tests", False),
        ("kubernetes/utils/retry_test.py", False),
    ],
)
def test_of_the_packages_stays_what_is_used(path: str, *, wanted: bool) -> None:
    """A folder that is not wanted is not entered, so what is in it is never asked about."""
    assert pruning.of_packages(Path(path)) is wanted


def test_the_libraries_are_read_from_what_ldd_says() -> None:
    assert read_ldd(Path("x"), LDD) == [
        Path("/lib/x86_64-linux-gnu/libssl.so.3"),
        Path("/lib64/ld-linux-x86-64.so.2"),
    ]
    assert read_ldd(Path("x"), "\tstatically linked\n") == []


def test_a_library_that_is_not_there_is_named() -> None:
    with pytest.raises(HackError, match=r"^x\.so needs libq\.so\.1, which the build stage"):
        read_ldd(Path("x.so"), "\tlibq.so.1 => not found\n")


def test_a_program_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x7fELF\x02")
    (tmp_path / "y").write_bytes(b"#!")

    assert is_binary(tmp_path / "x")
    assert not is_binary(tmp_path / "y")
    assert not is_binary(tmp_path)


def test_the_status_of_packages_is_read_stanza_by_stanza() -> None:
    text = "Package: libc6\nVersion: 2\nDescription: C\n .\n more\n\nPackage: zlib1g\nVersion: 1\n"

    assert read_status(text) == {
        "libc6": "Package: libc6\nVersion: 2\nDescription: C\n .\n more\n",
        "zlib1g": "Package: zlib1g\nVersion: 1\n",
    }
