"""What go says about a module that it cannot fetch reaches the user as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hack.binaries import module_folder
from hack.errors import HackError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("go_mod", "words"),
    [
        ("module example.org/m\n\ngo 1.26.0\n", r"example\.org/files: not a known dependency"),
        ("no go.mod\n", r"unknown directive: no"),
    ],
)
def test_a_module_that_is_not_pinned_is_refused(tmp_path: Path, go_mod: str, words: str) -> None:
    (tmp_path / "go.mod").write_text(go_mod)

    with pytest.raises(HackError, match=rf"(?s)could not fetch example\.org/files.*{words}"):
        module_folder(str(tmp_path), "example.org/files")
