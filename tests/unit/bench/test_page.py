"""What is written between the markers of docs/performance.md."""

from __future__ import annotations

import pytest

from bench import publish
from bench.page import fill
from bench.publish import filled
from bench.registry import MEASUREMENTS
from hack.errors import HackError

PAGE = """# A page
<!-- table: one -->
old
<!-- end -->
kept
<!-- plot: one -->
<!-- end -->
"""


def test_only_what_is_between_markers_is_replaced() -> None:
    assert fill(PAGE, lambda kind, name: f"{kind} of {name}") == PAGE.replace(
        "old", "table of one"
    ).replace("plot: one -->", "plot: one -->\nplot of one")


def test_filling_in_again_changes_nothing() -> None:
    once = fill(PAGE, lambda kind, _: kind)

    assert fill(once, lambda kind, _: kind) == once


@pytest.mark.parametrize(
    "text",
    ["<!-- table: one -->\n", "<!-- table: one -->\n<!-- plot: one -->\n<!-- end -->\n"],
)
def test_a_marker_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(HackError, match="a marker without <!-- end -->"):
        fill(text, lambda kind, _: kind)


def test_every_marker_of_the_page_is_known() -> None:
    text = publish.PAGE.read_text(encoding="utf-8")

    assert "*Not measured yet.*" in filled(text, [], lambda picture: picture.name)


def test_the_page_has_a_table_for_everything_that_the_suite_measures() -> None:
    text = publish.PAGE.read_text(encoding="utf-8")

    for measurement in MEASUREMENTS:
        assert not measurement.suite or f"<!-- table: {measurement.name} -->" in text


@pytest.mark.parametrize("kind", ["table", "plot"])
def test_a_marker_that_nothing_measures_is_refused(kind: str) -> None:
    with pytest.raises(HackError, match="'nothing'"):
        filled(f"<!-- {kind}: nothing -->\n<!-- end -->\n", [], lambda picture: picture.name)
