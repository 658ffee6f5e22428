"""`python -m hack.audit`: ask what is known to be wrong with the locked packages and the image."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hack.audit import advisories, debian, yanked
from hack.errors import HackError
from hack.image import contents
from hack.image.ground import borrowed
from hack.image.wheels import LOCK
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hack.audit.finding import Report

DESCRIPTION = """\
Ask what is known to be wrong with what the image is made of: advisories about the locked Python
packages, versions that were taken back, and Debian's security releases for the image's packages."""
EXAMPLES = """\
examples:
  python -m hack.audit
  python -m hack.audit --image spotdrain:0.1.0

exit status: 1 when something was found. What could not be asked is said, and is no failure: an
index without advisories must not stop a build. With --complete it is one.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Ask, tell, and fail if there is something to see to."""
    parser = argparse.ArgumentParser(
        prog="python -m hack.audit",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--image", help="an image whose Debian packages are asked about, too")
    parser.add_argument(
        "--base",
        default="",
        help="the base that it was built on; default: as `make image` chooses it",
    )
    parser.add_argument(
        "--complete", action="store_true", help="fail also where something could not be asked"
    )
    args = parser.parse_args(argv)
    try:
        with Progress("audit") as progress:
            reports = list(_ask(args.image, args.base, progress))
    except HackError as error:
        print(f"audit: {error}", file=sys.stderr)
        return 1
    return tell(reports, complete=args.complete)


def tell(reports: Iterable[Report], *, complete: bool) -> int:
    """Print what was found and what is unknown; return the exit status."""
    failed = False
    for report in reports:
        failed |= bool(report.findings) or (complete and bool(report.unknown))
        where = " where there was an answer" if report.unknown else ""
        print(f"{report.asked}: {len(report.findings) or 'nothing'} found{where}")
        for finding in report.findings:
            print(f"  found: {finding}")
        for sentence in report.unknown:
            print(f"  not known: {sentence}")
    return int(failed)


def _ask(image: str | None, base: str, progress: Progress) -> Iterator[Report]:
    progress.update("asking for advisories")
    yield advisories.audit(LOCK)
    progress.update("asking for versions that were taken back")
    yield yanked.audit(LOCK)
    if image:
        progress.update("asking Debian")
        with borrowed(base) as ground:
            found = contents.read(ground.docker, image).packages
            yield debian.audit(ground.docker, ground.base, {package.name for package in found})


if __name__ == "__main__":
    sys.exit(main())
