"""The live picture: tables made of values, for rich to draw."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from hack.demo.apps import class_of
from hack.demo.views import holding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from controller.domain.times import Instant
    from hack.demo.views import NodeView, PodView

BAR, NARROW_BAR = 14, 6
LATEST = 8
SHORT = 15
"""Seconds before the deadline from which on it is shown in red."""
NODES_TABLE, PRIORITIES_TABLE = 8, 9
"""How many lines the two take; the first beside one line for each node."""
WIDE = 150
PHASE_STYLES = {"Draining": "yellow", "Drained": "green", "Finished": "green", "Fenced": "cyan"}
GONE, STOPPING, LEFT = ("█", "green"), ("▓", "yellow"), ("░", "bright_black")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a picture is made of: `now`, when the events were sent, and the terminal's size."""

    views: Sequence[NodeView]
    now: Instant
    sent: Instant
    deadline: Instant
    width: int
    height: int


def picture(frame: Frame) -> RenderableType:
    """Draw one picture; what is least needed goes first when there are few lines."""
    parts: list[RenderableType] = [headline(frame), nodes_table(frame)]
    pods = [pod for view in frame.views for pod in view.pods]
    room = frame.height - len(frame.views) - NODES_TABLE
    if room >= PRIORITIES_TABLE:
        parts.append(priorities_table(pods, frame.sent))
        room -= PRIORITIES_TABLE
    if room > 1:
        parts.append(latest(pods, frame.sent, min(room - 1, LATEST)))
    return Group(*parts)


def headline(frame: Frame) -> Text:
    """Say how long there is, and what the colours mean."""
    left = round(frame.deadline - frame.now)
    line = Text()
    if left > 0:
        line.append(f"EC2 takes the pool in {left} s", "bold red" if left <= SHORT else "bold")
    else:
        line.append("EC2 has taken the pool", "bold")
    line.append("    pods: ")
    for (mark, style), meaning in ((GONE, "gone"), (STOPPING, "stopping"), (LEFT, "still there")):
        line.append(mark * 2, style).append(f" {meaning}  ")
    return line


def nodes_table(frame: Frame) -> Table:
    """Draw a line for each node that got a notice."""
    wide = frame.width >= WIDE
    table = Table(expand=True, pad_edge=False, box=SIMPLE_HEAD, header_style="bold")
    table.add_column("NODE", no_wrap=True)
    if wide:
        table.add_column("POOL", no_wrap=True)
        table.add_column("KIND", no_wrap=True)
    table.add_column("PHASE", no_wrap=True)
    table.add_column("LEFT", justify="right", no_wrap=True)
    table.add_column("PODS", no_wrap=True)
    # Lines that break would push the rest out of a small terminal.
    table.add_column("WHAT IT WAITS FOR", ratio=1, no_wrap=not wide, overflow="ellipsis")
    for view in frame.views:
        left = "-" if view.deadline is None else f"{max(0, round(view.deadline - frame.now))} s"
        cells: list[RenderableType] = [view.short_name]
        cells += [view.pool, view.kind] if wide else []
        cells += [Text(view.phase, PHASE_STYLES.get(view.phase, "")), left]
        table.add_row(*cells, bar(view.pods, BAR if wide else NARROW_BAR), holding(view, frame.now))
    return table


def priorities_table(pods: Iterable[PodView], sent: Instant) -> Table:
    """Draw a line for each priority, the lowest first: when it was asked, how far it is."""
    table = Table(expand=True, pad_edge=False, box=SIMPLE_HEAD, header_style="bold")
    table.add_column("PRIORITY", justify="right", no_wrap=True)
    table.add_column("CLASS", no_wrap=True)
    table.add_column("FIRST ASKED", justify="right", no_wrap=True)
    table.add_column("PODS", ratio=1, no_wrap=True)
    ordered = sorted(pods, key=lambda pod: pod.priority)
    for priority, found in groupby(ordered, key=lambda pod: pod.priority):
        members = list(found)
        asked = min((pod.asked for pod in members if pod.asked is not None), default=None)
        after = "not yet" if asked is None else f"{asked - sent:+.2f} s"
        table.add_row(str(priority), class_of(priority), after, bar(members, 2 * BAR))
    return table


def bar(pods: Sequence[PodView], width: int) -> Text:
    """Draw how many pods are gone, stopping and left, and the numbers: `██▓░ 9/13`."""
    total = len(pods)
    if not total:
        return Text("")
    gone = sum(pod.gone is not None for pod in pods)
    stopping = sum(pod.stopping for pod in pods)
    first, second = gone * width // total, (gone + stopping) * width // total
    text = Text()
    for (mark, style), length in zip(
        (GONE, STOPPING, LEFT), (first, second - first, width - second), strict=True
    ):
        text.append(mark * length, style)
    return text.append(f" {gone}/{total}")


def latest(pods: Iterable[PodView], sent: Instant, count: int) -> Group:
    """List the evictions that were accepted last, the newest first."""
    accepted = [(pod.accepted, pod) for pod in pods if pod.accepted is not None]
    newest = sorted(accepted, key=lambda item: item[0], reverse=True)[:count]
    return Group(Text("latest evictions", "bold"), *(line_of(pod, at - sent) for at, pod in newest))


def line_of(pod: PodView, after: float) -> Text:
    """Say one eviction: when, what, of which priority, from where, and whether it was forced."""
    line = Text(f"{after:+7.2f} s  ", no_wrap=True, overflow="ellipsis")
    line.append(f"{pod.pod:<38}", "red" if pod.forced else "")
    line.append(f" {class_of(pod.priority)} ({pod.priority})  {pod.node.partition('.')[0]}", "dim")
    return line.append("  past its budget, at its last safe moment", "red") if pod.forced else line
