"""Quantities: exact, rounded up as the scheduler rounds, and what is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.quantity import format_bytes, format_milli, milli, parse_quantity, whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("2", "2"),
        ("500m", "0.5"),
        ("100n", "0.0000001"),
        ("5u", "0.000005"),
        (".5", "0.5"),
        ("1.", "1"),
        ("-1", "-1"),
        ("4k", "4000"),
        ("1.5Gi", "1610612736"),
        ("128Mi", "134217728"),
        ("1E", "1000000000000000000"),
        ("1E3", "1000"),
        ("12e-3", "0.012"),
        ("1Ei", "1152921504606846976"),
    ],
)
def test_a_quantity_is_read_exactly(text: str, value: str) -> None:
    assert parse_quantity(text) == Decimal(value)


def test_a_number_of_json_is_a_quantity_too() -> None:
    assert (parse_quantity(2), parse_quantity(0.5)) == (Decimal(2), Decimal("0.5"))


@pytest.mark.parametrize(
    "text", [None, "", "Gi", "1 Gi", "1K", "1mi", "0x10", "1e999", "nan", True, [], "1" * 31]
)
def test_what_is_no_quantity_is_none(text: object) -> None:
    assert parse_quantity(text) is None
    assert (milli(text), whole(text)) == (0, 0)


def test_thousandths_and_wholes_are_rounded_up() -> None:
    assert (milli("100u"), milli("0.1"), milli("2")) == (1, 100, 2000)
    assert (whole("100m"), whole("1.5"), whole("110")) == (1, 2, 110)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (1023, "1023"), (1024, "1Ki"), (3 * 2**29, "1.5Gi"), (2**30 - 1, "1024Mi")],
)
def test_bytes_read_short(count: int, text: str) -> None:
    assert format_bytes(count) == text


@given(st.integers(0, 10**9))
def test_thousandths_that_were_written_are_read_again(thousandths: int) -> None:
    assert milli(format_milli(thousandths)) == thousandths


@given(st.integers(0, 2**60))
def test_bytes_that_were_written_are_nearly_those_that_are_read(count: int) -> None:
    assert abs(whole(format_bytes(count)) - count) <= count / 100


@given(st.text(max_size=12))
def test_any_text_is_read_or_is_none(text: str) -> None:
    found = parse_quantity(text)
    assert found is None or found.is_finite()
