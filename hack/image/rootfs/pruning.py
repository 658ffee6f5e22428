"""Which files of Python and of the locked packages are of no use to the controller. Pure.

What is taken away fails loudly where it is needed after all, with an ImportError or botocore's
UnknownServiceError; e2e/image runs a whole drain on the image.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

AWS_SERVICES = ("autoscaling", "signin", "sqs", "sso", "sso-oidc", "sts")
"""What is called, and what boto3 may have to ask for credentials: IRSA, profiles, `aws login`.

Pod Identity and an instance's own role are asked by HTTP, without a model.
"""

NOT_OF_PYTHON = (
    "*/__pycache__",
    "*/test",
    "*/tests",
    "/EXTERNALLY-MANAGED",
    "/config-*",
    "/ctypes/macholib",
    "/curses",
    "/dbm",
    "/dist-packages",
    "/ensurepip",
    "/idlelib",
    "/lib-dynload/_ctypes_test*",
    "/lib-dynload/_curses*",
    "/lib-dynload/_dbm*",
    "/lib-dynload/_gdbm*",
    "/lib-dynload/_sqlite3*",
    "/lib-dynload/_test*",
    "/lib-dynload/_tkinter*",
    "/lib-dynload/_xx*",
    "/lib-dynload/readline*",
    "/lib-dynload/xx*",
    "/pydoc_data",
    "/site-packages",
    "/sitecustomize.py",
    "/sqlite3",
    "/tkinter",
    "/turtle.py",
    "/turtledemo",
    "/venv",
)
"""Below the folder of the standard library: tests, what needs a terminal or a display, databases."""

NOT_OF_PACKAGES = (
    "*/__pycache__",
    "*/test",
    "*/tests",
    "*_test.py",
    "*.c",
    "*.h",
    "*.pxd",
    "*.pyi",
    "*.pyx",
    "/boto3/examples",
    "/botocore/data/*/*/examples-*.json",
    # Classes of every kind and call of Kubernetes, 70 MB: the controller sends and reads JSON.
    "/kubernetes/aio/client/api/[!_]*",
    "/kubernetes/aio/client/models/[!_]*",
    "/kubernetes/client/api/[!_]*",
    "/kubernetes/client/models/[!_]*",
)
"""Below site-packages. `dist-info` stays whole: scanners read it."""


def of_python(path: Path) -> bool:
    """Tell whether a path below the standard library's folder is wanted."""
    return not _matches(path, NOT_OF_PYTHON)


def of_packages(path: Path) -> bool:
    """Tell whether a path below site-packages is wanted."""
    match path.parts:
        case ("boto3", "data", _):  # for resources, an interface that is not used
            return False
        case ("botocore", "data", name, *_) if "." not in name:
            wanted = name in AWS_SERVICES
        case _:
            wanted = True
    return wanted and not _matches(path, NOT_OF_PACKAGES)


def _matches(path: Path, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(f"/{path}", pattern) for pattern in patterns)
