"""What is built, and when it is built anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hack.binaries.catalogue import (
    ALL_PARTS,
    Part,
    cache_key,
    part_named,
    required_go,
    required_version,
    version_numbers,
)
from hack.errors import HackError

if TYPE_CHECKING:
    from pathlib import Path

GO = "go version go1.26.8 linux/amd64"


def module(folder: Path) -> Part:
    (folder / "go.mod").write_text("module example.org/m\n\ngo 1.26.0\n")
    (folder / "go.sum").write_text("")
    return Part("thing", str(folder), "example.org/m")


@pytest.mark.parametrize("part", ALL_PARTS, ids=lambda part: part.name)
def test_every_part_is_a_tool_of_its_module(part: Part) -> None:
    """The go.mod pins it, so `go build` needs no version of its own."""
    assert part.package in (part.folder / "go.mod").read_text()
    assert (part.folder / "go.sum").stat().st_size > 0


def test_kubernetes_says_which_version_it_is() -> None:
    flags = " ".join(part_named("kube-apiserver").flags())

    assert "-X k8s.io/component-base/version.gitVersion=v1." in flags
    assert "-X k8s.io/component-base/version.gitMajor=1 " in flags


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    with pytest.raises(HackError, match=r"no part called 'kubefed'.*kubectl"):
        part_named("kubefed")


def test_the_same_inputs_have_the_same_key(tmp_path: Path) -> None:
    assert cache_key(module(tmp_path), GO) == cache_key(module(tmp_path), GO)


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "main.go"])
def test_a_changed_module_is_built_anew(tmp_path: Path, file: str) -> None:
    part = module(tmp_path)
    before = cache_key(part, GO)
    (tmp_path / file).write_text("changed")

    assert cache_key(part, GO) != before


def test_another_go_or_other_flags_build_anew(tmp_path: Path) -> None:
    part = module(tmp_path)
    other_flags = Part(part.name, part.module, part.package, ldflags="-s")
    other_tags = Part(part.name, part.module, part.package, tags="less")

    assert cache_key(part, GO.replace("1.26.8", "1.26.9")) != cache_key(part, GO)
    assert cache_key(other_flags, GO) != cache_key(part, GO)
    assert cache_key(other_tags, GO) != cache_key(part, GO)


def test_versions_are_read_as_numbers() -> None:
    assert version_numbers(GO) == (1, 26, 8)
    assert required_go("module m\n\ngo 1.26.0\n") == (1, 26, 0)
    assert required_go("module m\n") == ()


def test_a_required_version_is_found_and_its_absence_said() -> None:
    text = "require (\n\texample.org/a v1.2.3 // indirect\n)\n"

    assert required_version(text, "example.org/a") == "v1.2.3"
    with pytest.raises(HackError, match=r"does not require example\.org/b"):
        required_version(text, "example.org/b")


@pytest.mark.parametrize(("name", "output"), [("etcd", "server"), ("kwok", "kwok")])
def test_a_command_is_called_by_the_last_element_that_is_no_version(name: str, output: str) -> None:
    assert part_named(name).output == output
