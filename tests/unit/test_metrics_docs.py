"""docs/metrics.md and controller/metrics.py list the same metrics, and no label is without bound.

The page, the alerts and the dashboard ask for nothing else.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client.metrics import MetricWrapperBase

from controller import metrics

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "metrics.md"
ALERTS = REPOSITORY / "chart" / "files" / "alerts.yaml"
DASHBOARD = REPOSITORY / "chart" / "dashboards" / "spotdrain.json"
ASKING = [PAGE, ALERTS, DASHBOARD]

# A row of a table: | `name` | type | `label`, `label` | meaning |
ROW = re.compile(
    r"^\| `(spotdrain_\w+)` \| (\w+) \| (-|`\w+`(?:, `\w+`)*) \| (.+) \|$", re.MULTILINE
)
SUFFIXES = re.compile(r"_(?:bucket|count|sum)$")
BOUNDED = {
    "action",  # terminate, stop, hibernate, unknown
    "call",
    "code",  # an HTTP status, or one of AWS's error codes
    "instance_type",
    "kind",  # controller/notices/unsupported.py closes the set
    "loop",
    "operation",
    "outcome",
    "provisioner",  # karpenter, auto_mode, managed_node_group, self_managed
    "queue",  # of those that were configured
    "reason",
    "result",
    "source",
    "state",  # visible, in_flight, delayed
    "trigger",
    "version",
    "zone",
}


class Metric(NamedTuple):
    """A metric as Prometheus shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]


def registered() -> list[Metric]:
    found = []
    for collector in metrics.REGISTRY._collector_to_names:
        if isinstance(collector, MetricWrapperBase):
            (family,) = collector.describe()
            name = f"{family.name}_total" if family.type == "counter" else family.name
            found.append(Metric(name, family.type, tuple(collector._labelnames)))
    return found


def documented() -> list[Metric]:
    return [
        Metric(name, kind, tuple(re.findall(r"\w+", labels)))
        for name, kind, labels, _ in ROW.findall(PAGE.read_text())
    ]


def test_every_metric_is_documented_once_with_its_type_and_labels() -> None:
    assert sorted(documented()) == sorted(registered())


def test_the_pages_alerts_are_those_of_the_chart() -> None:
    (block,) = re.findall(
        r"^## Alerts\n.*?```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )

    assert block == ALERTS.read_text()


@pytest.mark.parametrize("asking", ASKING, ids=lambda path: path.name)
def test_queries_ask_for_metrics_that_exist(asking: Path) -> None:
    names = {metric.name for metric in registered()}

    asked = {SUFFIXES.sub("", name) for name in re.findall(r"spotdrain_\w+", asking.read_text())}

    assert asked
    assert asked <= names


@pytest.mark.parametrize("asking", ASKING, ids=lambda path: path.name)
def test_queries_ask_for_labels_that_the_metric_has(asking: Path) -> None:
    labels = {metric.name: set(metric.labels) for metric in registered()}
    asked = re.findall(r"(spotdrain_\w+)\{([^}]*)\}", asking.read_text())

    wrong = {
        (name, label)
        for name, matchers in asked
        for label in re.findall(r"(\w+)=", matchers)
        if label not in labels[SUFFIXES.sub("", name)]
    }

    assert asked
    assert wrong == set()


def test_the_dashboard_groups_and_names_by_labels_that_its_metrics_have() -> None:
    labels = {metric.name: set(metric.labels) for metric in registered()}
    given = {"le", "instance", "job"}
    wrong = []
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            names = re.findall(r"spotdrain_\w+", target["expr"])
            known = given.union(*(labels[SUFFIXES.sub("", name)] for name in names))
            groups = re.findall(r"(?:by|on) \(([^)]*)\)", target["expr"])
            asked = set(re.findall(r"\w+", " ".join(groups)))
            # What a legend shows has to be left by the grouping.
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            if not asked <= known or not shown <= asked:
                wrong.append((panel["title"], target["expr"], target["legendFormat"]))
    assert wrong == []


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("metric", registered(), ids=lambda metric: metric.name)
def test_no_label_grows_without_bound(metric: Metric) -> None:
    """A node, a pod, an instance or an event id as a label would be a new series each time.

    Whoever adds a label adds it here, and so says that its values are few.
    """
    assert set(metric.labels) <= BOUNDED


@pytest.mark.parametrize("metric", registered(), ids=lambda metric: metric.name)
def test_names_follow_prometheus_conventions(metric: Metric) -> None:
    """Base units in seconds: https://prometheus.io/docs/practices/naming/."""
    assert metric.name.startswith("spotdrain_")
    assert (metric.kind == "histogram") <= metric.name.endswith("_seconds")
    assert (metric.kind == "counter") == metric.name.endswith("_total")
