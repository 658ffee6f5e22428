"""`python -m hack.image`: build the controller's image."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hack.errors import HackError
from hack.image.build import BILL, TAG, build
from hack.image.ground import find
from hack.image.wheels import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence

MEGABYTE = 1_000_000
EXAMPLES = """\
examples:
  python -m hack.image
  python -m hack.image --upgrade
  python -m hack.image --tag registry.example.com/spotdrain:0.1.0
  python -m hack.image --base registry.example.com/python:3.13-slim-trixie
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Build it, and say what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m hack.image",
        description="Build the controller's image, and write down what is in it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tag", default=TAG, help="the image's name; default %(default)s")
    parser.add_argument(
        "--base",
        default="",
        help="a Debian with Python 3.13; default: the Dockerfile's, or where no registry answers"
        " one that is made of Debian's packages",
    )
    parser.add_argument(
        "--upgrade", action="store_true", help="with what Debian has mended since the base was made"
    )
    args = parser.parse_args(argv)
    try:
        ground = find(args.base)
        built = build(args.tag, ground.base, ground.docker, upgrade=args.upgrade)
    except HackError as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    print(f"{built.tag}: {built.size / MEGABYTE:.0f} MB, on {ground.base} ({ground.reason})")
    print(f"what is in it: {BILL.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
