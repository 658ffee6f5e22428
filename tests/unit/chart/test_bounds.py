"""The chart binds the controller to what a policy may ask for, in the same words everywhere."""

from __future__ import annotations

import re
from pathlib import Path

from controller.domain.policy_reading import BOUND

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_labels_that_the_chart_binds_are_those_that_no_policy_may_name() -> None:
    text = (REPOSITORY / "chart" / "templates" / "bounds.yaml").read_text()
    (listed,) = re.findall(r"name: bound\n\s+expression: \"\[(.+)\]\"", text)

    assert tuple(re.findall(r"'([^']+)'", listed)) == BOUND
