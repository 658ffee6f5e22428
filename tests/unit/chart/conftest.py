"""The CRDs and the chart as files, and the two schemas that most tests are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def chart() -> Path:
    return REPOSITORY / "chart"


@pytest.fixture(scope="session")
def crds() -> Path:
    return REPOSITORY / "crds"


@pytest.fixture(scope="session")
def policy_schema(crds: Path) -> dict[str, Any]:
    return _schema(crds / "spotpolicies.yaml")


@pytest.fixture(scope="session")
def interruption_schema(crds: Path) -> dict[str, Any]:
    return _schema(crds / "nodeinterruptions.yaml")


def _schema(path: Path) -> dict[str, Any]:
    (version,) = yaml.safe_load(path.read_text())["spec"]["versions"]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return schema
