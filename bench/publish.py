"""Writes docs/performance.md: tables and plots from the records in docs/performance/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import page, record
from bench.markdown import NOTHING
from bench.pictures import PICTURES, picture_of
from bench.tables import table_of
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.picture import Picture
    from bench.record import Record

PAGE = record.FOLDER.with_suffix(".md")


def publish(path: Path = PAGE, folder: Path = record.FOLDER) -> None:
    """Fill the page in and draw the plots; raises HackError for a broken record or page."""
    try:
        from bench.drawing import draw  # noqa: PLC0415 - only `make bench` installs matplotlib
    except ImportError as error:
        raise HackError("What draws the plots is not installed; `make bench` does that.") from error

    def drawn(picture: Picture) -> str:
        draw(picture, folder / f"{picture.name}.svg")
        return f"{folder.name}/{picture.name}.svg"

    text = path.read_text(encoding="utf-8")
    path.write_text(filled(text, record.read_all(folder), drawn), encoding="utf-8")


def filled(text: str, records: Sequence[Record], drawn: Callable[[Picture], str]) -> str:
    """Fill a page in; `drawn` draws a picture and says where it is, seen from the page."""

    def write(kind: str, name: str) -> str:
        try:
            return table_of(name, records) if kind == "table" else _plot(name)
        except (KeyError, IndexError, TypeError) as error:
            raise HackError(
                f"The records of {name} in docs/performance/ lack a figure ({error}): measure it"
                f" again with this version: python -m bench {name} --record"
            ) from error

    def _plot(name: str) -> str:
        if name not in PICTURES:
            raise HackError(f"docs/performance.md asks for a plot {name!r}, which nothing draws.")
        picture = picture_of(name, records)
        return NOTHING if picture is None else f"![{picture.words}]({drawn(picture)})"

    return page.fill(text, write)
