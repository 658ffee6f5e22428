"""The chart's files agree with each other and with the repository's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FREE = {"annotations", "affinity", "resources", "nodeSelector", "podLabels", "podAnnotations"}
"""Values that are handed on to Kubernetes, which has its own schema for them."""


@pytest.fixture(scope="module")
def values(chart: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((chart / "values.yaml").read_text())
    return content


@pytest.fixture(scope="module")
def values_schema(chart: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((chart / "values.schema.json").read_text())
    return content


def _documented(text: str) -> Iterator[tuple[str, str]]:
    """Yield path and comment of each value that has a `# --` comment above it."""
    parent, comment = "", ""
    for line in text.splitlines():
        if said := re.match(r" *# -- (.*)", line):
            comment = said[1]
        elif key := re.match(r"( *)(\w+):", line):
            path = f"{parent}.{key[2]}" if key[1] else key[2]
            parent = parent if key[1] else key[2]
            if comment:
                yield path, comment
            comment = ""


def _paths(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value and name not in FREE:
            yield from _paths(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for below in schema.get("properties", {}).values():
        if "properties" in below:
            yield from _objects(below)


def test_the_charts_crds_are_copies_of_the_repositorys(chart: Path, crds: Path) -> None:
    """Where this fails: `cp crds/*.yaml chart/files/crds/`."""
    source = {path.name: path.read_text() for path in crds.glob("*.yaml")}
    assert len(source) == 2
    assert {p.name: p.read_text() for p in (chart / "files" / "crds").iterdir()} == source


def test_the_crds_outlive_the_chart(crds: Path) -> None:
    for path in crds.glob("*.yaml"):
        annotations = yaml.safe_load(path.read_text())["metadata"]["annotations"]
        assert annotations == {"helm.sh/resource-policy": "keep"}


def test_chart_and_package_have_the_same_version(chart: Path) -> None:
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    assert (about["version"], about["appVersion"]) == (__version__, __version__)


def test_every_value_is_explained_in_values_and_readme(chart: Path, values: dict[str, Any]) -> None:
    documented = dict(_documented((chart / "values.yaml").read_text()))
    rows = re.findall(
        r"^\| `([\w.]+)` \| .* \| (.*) \|$", (chart / "README.md").read_text(), re.MULTILINE
    )
    assert documented.keys() == set(_paths(values))
    assert dict(rows) == documented


def test_the_schema_knows_every_value_and_no_other(
    values: dict[str, Any], values_schema: dict[str, Any]
) -> None:
    below = {
        f"{name}.{inner}" if "properties" in field else name
        for name, field in values_schema["properties"].items()
        for inner in field.get("properties", [""])
    }
    assert below - {"global"} == set(_paths(values))
    assert all(o["additionalProperties"] is False for o in _objects(values_schema))
