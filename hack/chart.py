"""`python -m hack.chart`: write the table of values in chart/README.md from chart/values.yaml.

A value is explained by a comment above it, as helm-docs reads it: `# -- what it is`, and where the
default says too little or too much, `# @default -- what to show` below that.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHART = Path(__file__).resolve().parent.parent / "chart"
BEGIN, END = "<!-- values: written by `make chart-readme` -->", "<!-- end of values -->"
HEAD = "| value | default | what it is |\n|---|---|---|\n"


class Value(NamedTuple):
    """One value of the chart: its path with dots, its default as shown, and what it is."""

    path: str
    default: str
    text: str


def values_of(source: str) -> Iterator[Value]:
    """Yield each value of a values.yaml that is explained, in its order.

    Values are explained one level deep: `image` has `repository`, and below that nothing.
    """
    defaults: dict[str, Any] = yaml.safe_load(source)
    parent = text = shown = ""
    for line in source.splitlines():
        if said := re.fullmatch(r" *# (?:-- (.+)|@default -- (.+))", line):
            text, shown = said[1] or text, said[2] or shown
        elif key := re.match(r"(  )?(\w+):", line):
            if text:
                default = defaults[parent][key[2]] if key[1] else defaults[key[2]]
                path = f"{parent}.{key[2]}" if key[1] else key[2]
                yield Value(path, shown or f"`{json.dumps(default)}`", text)
            parent = parent if key[1] else key[2]
            text = shown = ""


def with_table(page: str, values: Iterator[Value]) -> str:
    """Return the README's text with the table of these values between its two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise HackError(f"chart/README.md has no lines {BEGIN} and {END}: the table goes there.")
    rows = "".join(f"| `{v.path}` | {v.default} | {v.text} |\n" for v in values)
    return f"{before}{BEGIN}\n{HEAD}{rows}{END}{after}"


def main() -> int:
    """Write chart/README.md; returns the exit status."""
    page = CHART / "README.md"
    try:
        source = (CHART / "values.yaml").read_text()
        page.write_text(with_table(page.read_text(), values_of(source)))
    except HackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
