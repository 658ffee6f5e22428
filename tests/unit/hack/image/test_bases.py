"""The image's base has one name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from hack.image.wheels import PYTHON, REPOSITORY, WHEELS
from hack.kind.bases import STOCK_PYTHON


def test_the_base_that_is_looked_for_is_that_of_the_dockerfile() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()

    assert re.findall(r"^ARG BASE=(.+)$", text, re.MULTILINE) == [STOCK_PYTHON]
    assert STOCK_PYTHON.startswith(f"python:{PYTHON}.")


def test_what_is_copied_lies_in_folders_that_a_fresh_clone_has() -> None:
    """BuildKit refuses a pattern below a folder that is not there; the old builder does not."""
    lines = re.findall(
        r"^COPY (?!--from)(.+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE
    )
    sources = [source for line in lines for source in line.split()[:-1]]

    assert WHEELS.relative_to(REPOSITORY).as_posix().replace("wheels", "wheel[s]") in sources
    parents = {PurePosixPath(source).parent.as_posix() for source in sources}
    assert parents == {".", "hack", "hack/image", "requirements"}
