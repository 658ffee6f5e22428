"""Every case of docs/drain.md has a test with its number, and every number has a row."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CASES = [f"T{number:02}" for number in range(1, 67)]
ROW = re.compile(r"^\| (T\d\d) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
LINK = re.compile(r"\]\(\.\./(\S+?)\)")
NAME = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def rows() -> dict[str, list[str]]:
    """Read the table: the files that each case names."""
    text = (REPOSITORY / "docs" / "drain.md").read_text()
    return {case: LINK.findall(files) for case, _, _, files in ROW.findall(text)}


def shown() -> dict[str, set[str]]:
    """Read the tests: the files that have a test with the number of a case in its name."""
    found: dict[str, set[str]] = {}
    for path in [
        p for folder in ("tests", "e2e") for p in (REPOSITORY / folder).rglob("test_*.py")
    ]:
        for name in NAME.findall(path.read_text()):
            for number in re.findall(r"(?<=_)t(\d\d)(?=_)", name):
                file = str(path.relative_to(REPOSITORY))
                found.setdefault(f"T{number}", set()).add(file)
    return found


def test_every_case_has_one_row_in_order() -> None:
    assert list(rows()) == CASES


def test_every_case_has_a_test_that_bears_its_number() -> None:
    assert sorted(set(CASES) - shown().keys()) == []


def test_every_file_that_a_row_names_shows_that_case() -> None:
    found = shown()
    wrong = {
        case: sorted(set(files) - found.get(case, set()))
        for case, files in rows().items()
        if set(files) - found.get(case, set()) or not files
    }
    assert wrong == {}
