"""Alerts and dashboard of the chart, read by Prometheus's own promtool."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from prometheus_client import generate_latest

from controller import metrics
from hack.binaries import PROMTOOL, build_all
from tests.integration.chart.helm import CHART, only, rendered

if TYPE_CHECKING:
    from tests.integration.chart.helm import Helm

CASES = Path(__file__).parent / "alert_cases.yaml"


@pytest.fixture(scope="module")
def promtool() -> str:
    return str(build_all((PROMTOOL,))[PROMTOOL.name])


@pytest.fixture
def rules(helm: Helm, tmp_path: Path) -> Path:
    """Write the alerts as the chart hands them to Prometheus."""
    found = only(rendered(helm, "prometheusRule.enabled=true"), "PrometheusRule")["spec"]
    path = tmp_path / "alerts.yaml"
    path.write_text(yaml.safe_dump(found))
    return path


def test_each_alert_fires_when_it_should_and_not_before(promtool: str, rules: Path) -> None:
    cases = rules.parent / CASES.name
    cases.write_text(CASES.read_text())
    answer = subprocess.run(
        [promtool, "test", "rules", str(cases)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_alert_has_a_case_in_which_it_fires(rules: Path) -> None:
    (group,) = yaml.safe_load(rules.read_text())["groups"]
    tests = yaml.safe_load(CASES.read_text())["tests"]
    fires = {
        case["alertname"]
        for test in tests
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert fires == {rule["alert"] for rule in group["rules"]}


def test_prometheus_understands_every_query_of_the_dashboard(promtool: str, tmp_path: Path) -> None:
    dashboard = json.loads((CHART / "dashboards" / "spotdrain.json").read_text())
    queries = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", ())]
    assert len(queries) > 20
    written = [
        # Grafana puts a duration in the place of its own variable.
        {"record": f"q{number}", "expr": re.sub(r"\$__rate_interval", "5m", query)}
        for number, query in enumerate(queries)
    ]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": written}]}))
    answer = subprocess.run(
        [promtool, "check", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_prometheus_finds_nothing_to_complain_about_in_the_metrics(promtool: str) -> None:
    """Names, units, types and help texts, as promtool lints them."""
    shown = generate_latest(metrics.REGISTRY)
    answer = subprocess.run(
        [promtool, "check", "metrics"], input=shown, capture_output=True, check=False
    )
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, b"")
