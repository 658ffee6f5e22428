"""What asks not to be disrupted, by the numbers of the catalogue."""

from __future__ import annotations

import pytest

from controller.domain.policy import ProtectedMode
from controller.drain.plan import Call, Step
from controller.drain.planner import plan
from controller.drain.treatment import PodClass
from tests.builders import PROTECT, T0, alone, pod, situation

KEY = "karpenter.sh/do-not-disrupt"
SAFE_TO_EVICT = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
WAIT = "cluster.x-k8s.io/drain"


@pytest.mark.parametrize("annotations", [PROTECT, SAFE_TO_EVICT])
def test_t48_t51_on_an_interruption_a_protected_pod_is_evicted_as_late_as_is_safe(
    annotations: dict[str, str],
) -> None:
    job = pod("job", annotations=annotations)
    given = situation(job)
    assert plan(given, T0 + 78.9).due(T0 + 78.9) == []
    assert plan(given, T0 + 79).due(T0 + 79) == [Step(job, Call.EVICT, T0 + 79)]


@pytest.mark.parametrize("annotations", [PROTECT, SAFE_TO_EVICT])
def test_t47_t51_on_a_voluntary_drain_it_stays(annotations: dict[str, str]) -> None:
    found = alone(situation(pod("job", annotations=annotations), voluntary=True), T0 + 9000)
    assert (found.step, found.treated.pod_class) == (None, PodClass.KEPT)


def test_t49_a_duration_protects_from_the_pods_start_and_no_longer() -> None:
    marks = {KEY: "30m"}
    young, old = (pod(annotations=marks, start_time=T0 - 60 * age) for age in (29, 31))
    assert alone(situation(young)).treated.pod_class is PodClass.PROTECTED
    assert alone(situation(young)).treated.until == T0 + 60
    found = alone(situation(old))
    assert found.treated.pod_class is PodClass.NORMAL
    assert found.warnings == ()


@pytest.mark.parametrize("value", ["abc", "", "True", "30 minutes", "-5m"])
@pytest.mark.parametrize("voluntary", [False, True])
def test_t50_a_value_that_says_nothing_protects_from_nothing_and_warns(
    value: str, voluntary: bool
) -> None:
    found = alone(situation(pod(annotations={KEY: value}), voluntary=voluntary))
    assert found.step == Step(found.pod, Call.EVICT, T0)
    (warning,) = found.warnings
    assert warning.reason == "DoNotDisruptNotUnderstood"
    assert warning.message.startswith(f"{KEY}={value} protects from nothing")


@pytest.mark.parametrize("value", ["true", "false", "30m", "0"])
def test_t50_a_value_that_is_understood_does_not_warn(value: str) -> None:
    assert alone(situation(pod(annotations={KEY: value}))).warnings == ()


def test_t50_an_annotation_with_a_fixed_value_has_no_wrong_ones() -> None:
    odd = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "maybe"}
    found = alone(situation(pod(annotations=odd)))
    assert (found.treated.pod_class, found.warnings) == (PodClass.NORMAL, ())


@pytest.mark.parametrize("value", ["skip", "Skip"])
def test_cluster_apis_label_skip_leaves_a_pod_alone(value: str) -> None:
    found = alone(situation(pod(labels={WAIT: value})), T0 + 110)
    assert (found.step, found.left) == (None, False)
    assert found.treated.verdict.reason == "SkippedByLabel"


def test_cluster_apis_label_wait_completed_is_as_good_as_do_not_disrupt() -> None:
    job = pod(labels={WAIT: "wait-completed"})
    assert alone(situation(job)).step == Step(job, Call.EVICT, T0 + 79)
    assert alone(situation(job, voluntary=True)).treated.pod_class is PodClass.KEPT
    ignored = situation(job, protected_on_interruption=ProtectedMode.IGNORE)
    assert alone(ignored).step == Step(job, Call.EVICT, T0)
