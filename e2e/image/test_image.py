"""The image as it is built: what runs in it, and what is not in it."""

from __future__ import annotations

import json
import re
import stat
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from controller import __version__
from hack.errors import HackError
from hack.image.build import BILL
from hack.image.wheels import LOCK

if TYPE_CHECKING:
    from e2e.image.conftest import Image

pytestmark = pytest.mark.timeout(900)
"""Seconds: the first test waits for the image, and that for a registry that may not answer."""

MOST_BYTES = 110_000_000
OF_THE_ENGINE = (".dockerenv", "dev", "proc", "sys", "etc/host", "etc/mtab", "etc/resolv.conf")
"""What Docker puts into every container: how the names begin."""

EVERY_MODULE = """
import importlib, pkgutil, controller
names = [m.name for m in pkgutil.walk_packages(controller.__path__, "controller.")]
for name in names:
    if name != "controller.__main__":
        importlib.import_module(name)
print(len(names))
"""
WRITABLE = """
import os
found = []
for folder, folders, _ in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("dev", "proc", "sys")]
    if os.access(folder, os.W_OK):
        found.append(folder)
print(found)
"""
CLIENTS = """
import boto3
for name in boto3.Session().get_available_services():
    client = boto3.client(name, region_name="us-east-1")
    print(name, len(client.meta.service_model.operation_names))
"""
CREDENTIALS = """
import pathlib, re, botocore.credentials, botocore.tokens
for module in (botocore.credentials, botocore.tokens):
    text = pathlib.Path(module.__file__).read_text()
    print(*re.findall(r'_client\\w*\\([^()]*?\\W([a-z-]+)[\\x22\\x27]', text))
"""


def test_it_says_how_it_is_used_without_any_right(image: Image) -> None:
    assert image.run("--help").startswith("usage: spotdrain")
    assert image.run("run", "--help").startswith("usage: spotdrain run")
    assert image.run("--version") == f"spotdrain {__version__}"


def test_it_runs_as_a_user_without_rights(image: Image) -> None:
    assert image.inspect(".Config.User") == "65532:65532"
    assert image.python("import os; print(os.getuid(), os.getgid(), os.getgroups())") == (
        "65532 65532 [65532]"
    )


def test_nothing_can_be_written(image: Image) -> None:
    """With a read-only root nothing at all; without it /tmp alone."""
    assert image.python(WRITABLE) == "[]"
    open_to_all = {
        member.name
        for member in image.members
        if not member.issym() and member.mode & (stat.S_IWGRP | stat.S_IWOTH)
    }
    assert {name for name in open_to_all if not name.startswith(OF_THE_ENGINE)} == {"tmp"}
    assert {(member.uid, member.gid) for member in image.members} == {(0, 0)}


def test_no_file_gives_the_rights_of_another_user(image: Image) -> None:
    files = [member for member in image.members if member.isfile()]
    assert len(files) > 1000
    assert [m.name for m in files if m.mode & (stat.S_ISUID | stat.S_ISGID)] == []


@pytest.mark.parametrize("shell", ["sh", "/bin/sh", "bash", "busybox"])
def test_there_is_no_shell(image: Image, shell: str) -> None:
    with pytest.raises(HackError, match=r"no such file or directory|executable file not found"):
        image.run("-c", "true", entrypoint=shell)


def test_there_is_one_program_and_nothing_that_installs(image: Image) -> None:
    files = [m for m in image.members if m.isfile() and not m.name.startswith(OF_THE_ENGINE)]
    programs = {PurePosixPath(m.name) for m in files if m.mode & stat.S_IXUSR}
    # Shared libraries may be marked as programs.
    named = {path.name for path in programs if ".so" not in path.name}
    assert {name for name in named if not name.startswith("python3.")} == {"spotdrain"}
    packages = {part for m in image.members for part in PurePosixPath(m.name).parts}
    assert packages & {"pip", "ensurepip", "setuptools", "dpkg.list", "apt"} == set()


def test_its_labels_tell_what_it_is(image: Image) -> None:
    labels = json.loads(image.inspect("json .Config.Labels"))
    about = {name.removeprefix("org.opencontainers.image."): text for name, text in labels.items()}
    assert about.keys() == {"title", "description", "licenses", "version", "revision"}
    assert about["title"] == "spotdrain"
    assert about["licenses"] == "Apache-2.0"
    assert about["version"] == __version__


@pytest.mark.usefixtures("image")
def test_the_bill_lists_every_locked_package_and_debians_libraries() -> None:
    locked = set(re.findall(r"^([a-z0-9.-]+==[^ ]+) ", LOCK.read_text(), re.MULTILINE))
    bill = json.loads(BILL.read_text())
    of_pypi = {
        f"{part['name']}=={part['version']}"
        for part in bill["components"]
        if part.get("purl", "").startswith("pkg:pypi/")
    }
    assert len(locked) > 30
    assert of_pypi == locked
    others = {part["name"] for part in bill["components"]}
    assert {"libc6", "libssl3t64", "ca-certificates", "python"} <= others


def test_every_part_of_the_controller_finds_what_it_imports(image: Image) -> None:
    """Most of the Kubernetes client's generated code is left out."""
    assert int(image.python(EVERY_MODULE)) > 150


def test_the_models_of_aws_suffice_for_calls_and_credentials(image: Image) -> None:
    """Every service that botocore may ask for credentials is there, and a client is made of each."""
    kept = dict(line.split() for line in image.python(CLIENTS).splitlines())
    asked = set(image.python(CREDENTIALS).split())

    assert {"sts", "sso"} <= asked
    assert kept.keys() == asked | {"autoscaling", "sqs"}
    assert all(int(operations) > 0 for operations in kept.values())


def test_public_certificates_and_time_zones_are_there(image: Image) -> None:
    count = image.python(
        "import ssl; print(len(ssl.create_default_context().get_ca_certs()));"
        "import zoneinfo; print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    )
    certificates, zone = count.split()
    assert int(certificates) > 100
    assert zone == "Europe/Berlin"


def test_it_is_as_small_as_the_docs_say(image: Image) -> None:
    assert image.size < MOST_BYTES
