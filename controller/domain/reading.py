"""What all readers of a policy share: one value out of a field, or the sentence for a bad one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from controller.domain.durations import parse_duration

if TYPE_CHECKING:
    from enum import StrEnum

E = TypeVar("E", bound="StrEnum")


class InvalidPolicyError(ValueError):
    """A SpotPolicy that cannot be read; the text says what to change."""


def seconds(path: str, text: object, default: float) -> float:
    """Read a duration; an absent one is the default."""
    if text is None:
        return default
    found = parse_duration(text)
    if found is None:
        raise InvalidPolicyError(
            f'spec.{path} is {text!r}: write a duration such as "90s" or "2m30s"'
        )
    return found


def choice(choices: type[E], path: str, value: object, default: E) -> E:
    """Read one of several words; an absent one is the default."""
    if value is None:
        return default
    if value not in {str(one) for one in choices}:
        raise InvalidPolicyError(not_one_of(path, value, choices))
    return choices(str(value))


def yes(path: str, value: object, words: tuple[str, str], default: bool) -> bool:  # noqa: FBT001 - the default is what is read
    """Read a choice of two words; true for the first, and the default for an absent one."""
    if value is None:
        return default
    if value not in words:
        raise InvalidPolicyError(not_one_of(path, value, words))
    return value == words[0]


def not_one_of(path: str, value: object, choices: Any) -> str:
    """Say that a word is none of the choices."""
    return f"spec.{path} is {value!r}: choose one of {', '.join(map(str, choices))}"
