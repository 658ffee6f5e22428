"""A right that is missing is asked for by one call in ten seconds, not by every pod."""

from __future__ import annotations

from controller.domain.verdict import Verdict
from controller.drain.answer import Answer, Outcome, no_answer
from controller.drain.plan import Call, Step
from controller.engine.rights import Rights
from tests.builders import T0, pod

REFUSAL = Answer(Outcome.REFUSED, 403, Verdict("Forbidden", 'User "x" cannot create'), 10.0)
DONE = Answer(Outcome.ACCEPTED, 201, Verdict("Accepted", "accepted"))
WEB, API = Step(pod("web"), Call.EVICT, T0), Step(pod("api"), Call.EVICT, T0)


def refused() -> Rights:
    rights = Rights()
    rights.learn(WEB, REFUSAL, T0)
    return rights


def test_nothing_stands_against_the_first_call() -> None:
    assert Rights().standing(WEB, T0) is None


def test_a_refusal_answers_for_every_pod_of_the_namespace() -> None:
    assert refused().standing(API, T0 + 1) is REFUSAL


def test_after_ten_seconds_one_asks_and_the_others_wait_for_its_answer() -> None:
    rights = refused()
    assert [rights.standing(step, T0 + 10) for step in (WEB, API)] == [None, REFUSAL]


def test_a_right_that_came_back_is_used_at_once() -> None:
    rights = refused()
    rights.learn(WEB, DONE, T0 + 10)
    assert rights.standing(API, T0 + 10) is None


def test_no_answer_says_nothing_about_rights() -> None:
    rights = refused()
    rights.learn(WEB, no_answer("reset"), T0 + 1)
    assert rights.standing(API, T0 + 2) is REFUSAL


def test_other_verbs_and_namespaces_have_rights_of_their_own() -> None:
    rights = refused()
    assert rights.standing(Step(pod("web"), Call.DELETE, T0), T0 + 1) is None
    assert rights.standing(Step(pod("web", namespace="other"), Call.EVICT, T0), T0 + 1) is None
