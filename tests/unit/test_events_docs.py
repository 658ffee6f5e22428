"""Every row of the table in docs/events.md has a sample and a test, and every kind has a row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controller.domain.notice import Kind
from tests.unit.notices.expected import NOTICES

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROW = re.compile(r"^\| (.+) \| (.+) \| (.+) \| (.+) \| \[`(test_\w+)`\]\((\S+)\) \|$", re.MULTILINE)
SAMPLE = re.compile(r"\]\(\.\./tests/fixtures/events/([\w-]+)\.json\)")
ROWS = ROW.findall((DOCS / "events.md").read_text())
"""Event, sample, what is done, what changes that, test, its file."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_test_of_a_row_is_there(row: tuple[str, ...]) -> None:
    *_, name, file = row
    text = (DOCS / file).resolve().read_text()
    assert f"\ndef {name}(" in text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_has_a_sample(row: tuple[str, ...]) -> None:
    assert SAMPLE.findall(row[1])


def test_every_kind_of_notice_has_a_row() -> None:
    samples = [name for row in ROWS for name in SAMPLE.findall(row[1])]
    kinds = {notice.kind for name in samples for notice in NOTICES.get(name, ())}
    assert kinds == set(Kind)
