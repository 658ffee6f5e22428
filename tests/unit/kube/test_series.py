"""Which Events are sent, which are counted, and which are too many."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.event import Event, node_reference, pod_reference
from controller.domain.verdict import Verdict
from controller.kube.series import Book, name_of

EVENT = Event(node_reference("node-1", "uid-1"), Verdict("Drained", "all 3 pods are gone"))


def test_the_same_again_is_counted_and_written_after_half_a_minute() -> None:
    book = Book()
    begun = book.enter(EVENT, "default", 100.0)
    assert begun is not None
    assert book.next_due() is None

    for now in (101.0, 102.0, 103.0):
        assert book.enter(EVENT, "default", now) is None

    assert book.next_due() == 130.0
    assert book.due(129.0) == []
    assert book.due(130.0) == [begun]
    assert (begun.count, begun.last) == (4, 103.0)
    assert book.due(200.0) == []
    assert book.next_due() is None


def test_a_count_is_written_at_most_twice_a_minute() -> None:
    book = Book()
    book.enter(EVENT, "default", 100.0)
    writes = 0
    for tick in range(300):
        now = 101.0 + tick
        book.enter(EVENT, "default", now)
        writes += len(book.due(now))
    assert writes == 10


def test_after_six_minutes_of_silence_it_is_news_again() -> None:
    book = Book()
    assert book.enter(EVENT, "default", 100.0) is not None
    assert book.enter(EVENT, "default", 459.0) is None
    book.due(500.0)
    assert book.enter(EVENT, "default", 818.0) is None
    book.due(900.0)
    assert book.enter(EVENT, "default", 1178.0) is not None


def test_a_count_that_was_never_written_is_not_forgotten() -> None:
    book = Book()
    begun = book.enter(EVENT, "default", 100.0)
    book.enter(EVENT, "default", 101.0)
    book.enter(replace(EVENT, group="other"), "default", 5000.0)
    assert book.due(5000.0) == [begun]


def test_what_differs_in_object_reason_or_sentence_is_another_event() -> None:
    others = [
        EVENT,
        replace(EVENT, regarding=node_reference("node-1", "uid-2")),
        replace(EVENT, verdict=Verdict("Ended", "all 3 pods are gone")),
        replace(EVENT, verdict=Verdict("Drained", "all 4 pods are gone")),
    ]
    book = Book()
    assert all(book.enter(event, "default", 100.0) for event in others)
    assert len({name_of(event) for event in others}) == 4


def test_a_group_stands_for_the_sentence() -> None:
    book = Book()
    for message in ("1 pod", "2 pods"):
        event = replace(EVENT, verdict=Verdict("BlocksDrain", message), group="drain")
        book.enter(event, "default", 100.0)
    assert book.next_due() is not None


def test_one_object_has_ten_new_events_a_minute() -> None:
    book = Book()
    events = [replace(EVENT, group=str(number)) for number in range(12)]
    sent = [book.enter(event, "default", 100.0) is not None for event in events]
    assert sent == [True] * 10 + [False] * 2
    other = replace(EVENT, regarding=pod_reference("shop/web", "uid-web"))
    assert book.enter(other, "shop", 100.0) is not None
    assert book.enter(events[11], "default", 160.0) is not None


def test_an_events_name_is_valid_for_an_object_with_the_longest_name() -> None:
    name = name_of(replace(EVENT, regarding=pod_reference(f"shop/{'w' * 253}", "uid-web")))
    assert len(name) <= 253
    assert name == name_of(replace(EVENT, regarding=pod_reference(f"shop/{'w' * 253}", "uid-web")))
