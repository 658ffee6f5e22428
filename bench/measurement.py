"""How a measurement is declared: its name, its numbers, and the sizes that the suite runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.report import Report


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of a measurement, given as an option.

    `repeats` marks how often something is done: it says nothing about the size. With `again` the
    option may come several times, each of which is a measurement.
    """

    default: int
    meaning: str
    repeats: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """Numbers that differ from the defaults, and about how many minutes that takes."""

    minutes: float
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One command of `python -m bench`.

    `function` takes the numbers in the order of `parameters`. `suite` are the sizes of `make bench`;
    `quick` is that of `python -m bench` alone, None when it takes no part there.
    """

    name: str
    about: str
    function: Callable[..., Report]
    parameters: Mapping[str, Parameter]
    suite: Sequence[Size] = ()
    quick: Mapping[str, int] | None = None

    def job(self, numbers: Mapping[str, int], minutes: float = 0.0) -> Job:
        """Fill in the defaults; raises KeyError for a number that it does not have."""
        if unknown := numbers.keys() - self.parameters.keys():
            raise KeyError(f"{self.name} has no {', '.join(sorted(unknown))}")
        whole = {name: numbers.get(name, p.default) for name, p in self.parameters.items()}
        return Job(self, whole, minutes)

    def jobs(self) -> list[Job]:
        """List what the suite runs of it."""
        return [self.job(size.numbers, size.minutes) for size in self.suite]


@dataclass(frozen=True, slots=True)
class Job:
    """A measurement with all its numbers, and about how many minutes it takes; 0 if not known."""

    measurement: Measurement
    numbers: Mapping[str, int]
    minutes: float = 0.0

    def measure(self) -> Report:
        """Do it."""
        return self.measurement.function(*self.numbers.values())

    @property
    def file_name(self) -> str:
        """Name the file of its figures after measurement and size: `burst-300x5.json`."""
        declared = self.measurement.parameters
        sizes = [str(n) for name, n in self.numbers.items() if not declared[name].repeats]
        return "-".join(filter(None, [self.measurement.name, "x".join(sizes)])) + ".json"

    @property
    def words(self) -> str:
        """Write it as on the command line: `burst --nodes 300 --pods 5 --runs 1`."""
        options = [f"--{name} {n}" for name, n in self.numbers.items()]
        return " ".join([self.measurement.name, *options])
