"""The images that others are built on: stock ones of a registry, or made of Debian's packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hack.kind.debian import DAEMON_SUITE, NODE_SUITE, root_file_system

if TYPE_CHECKING:
    from hack.docker import Docker

STOCK_PYTHON = "python:3.13.13-slim-trixie"
"""The one that the Dockerfile names."""
OWN_PYTHON = f"localhost/python:3.13-{DAEMON_SUITE}"
"""Debian trixie has Python 3.13."""
PYTHON_RECIPE = """\
FROM {base}
RUN . /etc/os-release \\
    && sed -E "s|/debian/? .*|/debian-security $VERSION_CODENAME-security main|" \\
        /etc/apt/sources.list > /etc/apt/sources.list.d/security.list \\
    && apt-get update && apt-get upgrade --yes \\
    && apt-get install --yes --no-install-recommends python3 python3-venv \\
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
"""


def debian_for_nodes(docker: Docker) -> str:
    """Return the image that nodes are built on."""
    return _debian(docker, NODE_SUITE)


def own_python(docker: Docker) -> str:
    """Return a base image with Python, made of Debian's packages when it is not there yet."""
    if not docker.has(OWN_PYTHON):
        recipe = PYTHON_RECIPE.format(base=_debian(docker, DAEMON_SUITE)).encode()
        docker("build", "--tag", OWN_PYTHON, "-", input=recipe, aim="build a Python image")
    return OWN_PYTHON


def _debian(docker: Docker, suite: str) -> str:
    """Return the image of a Debian suite, imported when it is not there yet."""
    name = f"localhost/debian:{suite}"
    if not docker.has(name):
        with root_file_system(suite).open("rb") as archive:
            docker.feed("import", "-", name, source=archive, aim=f"import a Debian {suite}")
    return name
