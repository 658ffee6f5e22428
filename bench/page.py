"""The parts of docs/performance.md that are written by machine, between markers.

`<!-- table: burst -->` ... `<!-- end -->`; what stands between is replaced, everything else is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = re.compile(r"(<!-- (table|plot): ([a-z -]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
BEGIN = re.compile(r"<!-- (?:table|plot): ")


def fill(text: str, write: Callable[[str, str], str]) -> str:
    """Replace what is between the markers by `write("table" or "plot", name)`.

    Raises HackError for a marker without its end.
    """
    # A block whose end is missing would swallow the next one.
    found = list(BLOCK.finditer(text))
    if any(BEGIN.search(block[4]) for block in found) or len(found) != len(BEGIN.findall(text)):
        raise HackError("docs/performance.md has a marker without <!-- end -->; add it.")
    return BLOCK.sub(lambda block: f"{block[1]}{write(block[2], block[3])}\n{block[5]}", text)
