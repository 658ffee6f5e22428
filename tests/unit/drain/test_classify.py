"""What kind of pod it is for a drain, and the sentence that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.policy import DO_NOT_DISRUPT, DrainPolicy, ProtectedMode
from controller.domain.selector import Requirement, Selector
from controller.domain.verdict import Verdict
from controller.drain.classify import Case, Classified, PodClass, classify
from controller.drain.plan import Surroundings
from controller.drain.protection import Protection, protection_of
from tests.builders import PROTECT, T0, pod

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts

AGENTS = Selector((Requirement("app", "In", ("agent",)),))


def treat(
    one: PodFacts, *, voluntary: bool = False, around: Surroundings | None = None, **policy: Any
) -> Classified:
    return classify(Case(one, DrainPolicy(**policy), voluntary, T0, around or Surroundings()))


def test_a_running_pod_is_evicted() -> None:
    say = Verdict("Evictable", "evicted in the order of its priority")
    assert treat(pod()) == Classified(PodClass.NORMAL, say)


@pytest.mark.parametrize(
    ("fields", "pod_class", "reason", "message"),
    [
        ({"mirror": True}, PodClass.SKIPPED, "MirrorPod", "a static pod ends with its node"),
        (
            {"owner_kind": "DaemonSet"},
            PodClass.SKIPPED,
            "DaemonSet",
            "a DaemonSet pod ends with its node",
        ),
        ({"app": "agent"}, PodClass.SKIPPED, "SkippedByPolicy", "drain.skipPods selects it"),
        ({"phase": "Succeeded"}, PodClass.FINISHED, "Finished", "its phase is Succeeded"),
        ({"phase": "Failed"}, PodClass.FINISHED, "Finished", "its phase is Failed"),
        (
            {"deletion_time": T0 + 30},
            PodClass.STOPPING,
            "Stopping",
            "stopping, its grace ends 00:17:10Z",
        ),
        (
            {"annotations": PROTECT},
            PodClass.PROTECTED,
            "DoNotDisrupt",
            "karpenter.sh/do-not-disrupt=true: evicted as late as is safe",
        ),
        ({"owner_kind": "StatefulSet"}, PodClass.NORMAL, "Evictable", None),
        ({"owner_kind": "SparkApplication"}, PodClass.NORMAL, "Evictable", None),
        ({"phase": "Pending"}, PodClass.NORMAL, "Evictable", None),
        ({"ready": False}, PodClass.NORMAL, "Evictable", None),
    ],
)
def test_each_kind_of_pod_has_its_class_and_sentence(
    fields: dict[str, Any], pod_class: PodClass, reason: str, message: str | None
) -> None:
    treated = treat(pod(**fields), skip_pods=AGENTS)
    assert (treated.pod_class, treated.verdict.reason) == (pod_class, reason)
    assert message is None or treated.verdict.message == message


@pytest.mark.parametrize(
    ("fields", "pod_class"),
    [
        ({"mirror": True, "phase": "Failed", "annotations": PROTECT}, PodClass.SKIPPED),
        ({"owner_kind": "DaemonSet", "deletion_time": T0}, PodClass.SKIPPED),
        ({"phase": "Failed", "deletion_time": T0}, PodClass.FINISHED),
        ({"deletion_time": T0, "annotations": PROTECT}, PodClass.STOPPING),
    ],
)
def test_the_first_check_that_speaks_decides(fields: dict[str, Any], pod_class: PodClass) -> None:
    assert treat(pod(**fields)).pod_class is pod_class


@pytest.mark.parametrize(
    ("mode", "pod_class"),
    [
        (ProtectedMode.EVICT_LAST, PodClass.PROTECTED),
        (ProtectedMode.NEVER, PodClass.KEPT),
        (ProtectedMode.IGNORE, PodClass.NORMAL),
    ],
)
def test_the_policy_decides_what_do_not_disrupt_is_worth_on_an_interruption(
    mode: ProtectedMode, pod_class: PodClass
) -> None:
    one = pod(annotations=PROTECT)
    assert treat(one, protected_on_interruption=mode).pod_class is pod_class


def test_on_a_recommendation_do_not_disrupt_is_respected() -> None:
    treated = treat(pod(annotations=PROTECT), voluntary=True)
    say = "karpenter.sh/do-not-disrupt=true is respected: it is not evicted"
    assert treated == Classified(PodClass.KEPT, Verdict("DoNotDisrupt", say))
    ignoring = treat(
        pod(annotations=PROTECT), voluntary=True, protected_on_voluntary=ProtectedMode.IGNORE
    )
    assert ignoring.pod_class is PodClass.NORMAL


@pytest.mark.parametrize("voluntary", [False, True])
def test_a_protection_by_duration_says_when_it_ends(voluntary: bool) -> None:
    one = pod(annotations={"spotdrain.io/do-not-disrupt": "1m"}, start_time=T0 - 20)
    assert treat(one, voluntary=voluntary).until == T0 + 40


@pytest.mark.parametrize(
    ("annotations", "start", "found"),
    [
        ({}, None, None),
        (
            {"karpenter.sh/do-not-disrupt": "true"},
            None,
            Protection("karpenter.sh/do-not-disrupt=true"),
        ),
        ({"karpenter.sh/do-not-disrupt": "false"}, None, None),
        ({"karpenter.sh/do-not-disrupt": "yes please"}, None, None),
        ({"karpenter.sh/do-not-disrupt": ""}, None, None),
        # A duration protects from the pod's start.
        (
            {"karpenter.sh/do-not-disrupt": "30m"},
            T0 - 1799,
            Protection("karpenter.sh/do-not-disrupt=30m", T0 + 1),
        ),
        ({"karpenter.sh/do-not-disrupt": "30m"}, T0 - 1800, None),
        ({"karpenter.sh/do-not-disrupt": "0"}, T0, None),
        # A pod that has not started has all of it ahead.
        ({"karpenter.sh/do-not-disrupt": "1s"}, None, Protection("karpenter.sh/do-not-disrupt=1s")),
        # An exact value protects by that value alone.
        (
            {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
            None,
            Protection("cluster-autoscaler.kubernetes.io/safe-to-evict=false"),
        ),
        ({"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}, None, None),
        ({"cluster-autoscaler.kubernetes.io/safe-to-evict": "30m"}, None, None),
        ({"example.com/precious": "true"}, None, None),
        # The first that protects is named; one that has run out does not hide the next.
        (
            {"karpenter.sh/do-not-disrupt": "1s", "spotdrain.io/do-not-disrupt": "true"},
            T0 - 60,
            Protection("spotdrain.io/do-not-disrupt=true"),
        ),
    ],
)
def test_an_annotation_protects_by_true_by_a_duration_or_by_an_exact_value(
    annotations: dict[str, str], start: float | None, found: Protection | None
) -> None:
    one = pod(annotations=annotations, start_time=start)
    assert protection_of(one, DO_NOT_DISRUPT, T0) == found
