"""The chart's files agree with each other and with the repository's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller import __version__
from hack.chart import Value, values_of, with_table
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FREE = {
    "affinity",
    "annotations",
    "labels",
    "nodeSelector",
    "podAnnotations",
    "podLabels",
    "podSecurityContext",
    "resources",
}
"""Values that are handed on to Kubernetes, which has its own schema for them."""


@pytest.fixture(scope="module")
def values(chart: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((chart / "values.yaml").read_text())
    return content


@pytest.fixture(scope="module")
def values_schema(chart: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((chart / "values.schema.json").read_text())
    return content


def _paths(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value and name not in FREE:
            yield from _paths(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _fields(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """List the fields below a schema, with references followed."""
    definitions = whole["definitions"]
    return {
        name: definitions[field["$ref"].rsplit("/", 1)[1]] if "$ref" in field else field
        for name, field in schema.get("properties", {}).items()
    }


def _lax(schema: dict[str, Any], whole: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the path of every object that lets unknown keys pass."""
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield path
    for name, field in _fields(schema, whole).items():
        yield from _lax(field, whole, f"{path}.{name}".lstrip("."))


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


def test_every_value_is_explained(chart: Path, values: dict[str, Any]) -> None:
    explained = [value.path for value in values_of((chart / "values.yaml").read_text())]
    assert sorted(explained) == sorted(_paths(values))


def test_the_readme_has_the_table_of_values(chart: Path) -> None:
    """Where this fails: `make chart-readme`."""
    page = (chart / "README.md").read_text()
    assert page == with_table(page, values_of((chart / "values.yaml").read_text()))


def test_a_readme_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(HackError, match="the table goes there"):
        with_table("# A page", iter([]))


def test_a_default_is_shown_as_it_is_or_as_is_said() -> None:
    source = "# -- A.\na: [1]\nb:\n  # -- C.\n  # @default -- much\n  c: {d: 2}\ne: 3\n"
    assert list(values_of(source)) == [Value("a", "`[1]`", "A."), Value("b.c", "much", "C.")]


def test_the_schema_knows_every_value_and_no_other(
    values: dict[str, Any], values_schema: dict[str, Any]
) -> None:
    below = {
        f"{name}.{inner}" if inner else name
        for name, field in _fields(values_schema, values_schema).items()
        for inner in field.get("properties", [""])
    }
    assert below - {"global"} == set(_paths(values))


def test_the_schema_misses_groups_of_values_that_an_older_chart_did_not_have(
    values: dict[str, Any], values_schema: dict[str, Any]
) -> None:
    """With `helm upgrade --reuse-values` they are not there: templates would meet nothing."""
    groups = {name for name, value in values.items() if isinstance(value, dict)} - FREE
    assert set(values_schema["required"]) == groups


def test_the_schema_refuses_unknown_keys_at_every_level(values_schema: dict[str, Any]) -> None:
    free = {path for path in _lax(values_schema, values_schema) if path != "global"}
    assert {path.rsplit(".", 1)[-1] for path in free} == FREE
