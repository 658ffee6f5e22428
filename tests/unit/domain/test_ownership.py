"""Laws of sharing: one owner, the same for everybody, and little moves when somebody comes or goes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from controller.domain.ownership import owner_of

if TYPE_CHECKING:
    from random import Random

NAMES = st.text("0123456789abcdef", min_size=1, max_size=19).map(lambda text: f"i-{text}")
MEMBERS = st.lists(st.text("abcdefgh-0123456789", min_size=1, max_size=30), unique=True, min_size=1)
MANY = [f"i-{n:017x}" for n in range(1000)]


@given(NAMES, MEMBERS, st.randoms())
def test_there_is_one_owner_and_the_order_of_the_members_is_no_matter(
    name: str, members: list[str], random: Random
) -> None:
    owner = owner_of(name, members)
    shuffled = sorted(members, key=lambda _: random.random())

    assert owner in members
    assert owner_of(name, shuffled) == owner


@given(NAMES, MEMBERS)
def test_one_who_comes_takes_only_for_itself(name: str, members: list[str]) -> None:
    before, after = owner_of(name, members), owner_of(name, [*members, "newcomer"])

    assert after in {before, "newcomer"}


@given(NAMES, MEMBERS, st.data())
def test_one_who_goes_leaves_only_what_it_had(
    name: str, members: list[str], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(members))
    before = owner_of(name, members)
    after = owner_of(name, [member for member in members if member != gone])

    assert before in {after, gone}


@given(MEMBERS)
def test_the_work_is_spread_roughly_evenly(members: list[str]) -> None:
    """Each share is binomial; six standard deviations are never met by chance."""
    shares = Counter(owner_of(name, members) for name in MANY)
    mean = len(MANY) / len(members)

    assert all(abs(shares[member] - mean) <= 6 * mean**0.5 + 1 for member in members)


def test_without_members_nobody_is_in_charge() -> None:
    assert owner_of("i-1", []) == ""


def test_the_choice_is_the_same_in_every_version() -> None:
    """Replicas of two versions work side by side during an upgrade."""
    assert [owner_of(f"i-{n}", ["a", "b", "c"]) for n in range(6)] == [*"cccbbc"]
