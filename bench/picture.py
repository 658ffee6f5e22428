"""What a plot shows, without what draws it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Style(Enum):
    """How the values of a panel are drawn."""

    LINES = "lines"
    BARS = "bars"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Series:
    """Values under one name; `faint` is what the others are compared with."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes. `logarithmic`: both axes, where values lie factors of ten apart."""

    title: str
    x: str
    y: str
    series: Sequence[Series]
    style: Style = Style.LINES
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Panels, two beside each other, and what they show in words."""

    name: str
    words: str
    panels: Sequence[Panel]
