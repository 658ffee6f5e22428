"""`python -m e2e.kind`: put what the examples run on into the kind cluster of this machine."""

from __future__ import annotations

import argparse
import sys

from e2e.kind.aws import install_aws, reach_aws
from e2e.kind.images import aws_image, witness_image
from hack.errors import HackError
from hack.kind import KindCluster
from hack.progress import Progress

SHOP = "spotdrain-shop:example"


def main() -> int:
    """Install an SQS with its queue, and the image of the example's pods."""
    argparse.ArgumentParser(
        prog="python -m e2e.kind",
        description="Put an SQS (moto) with its queue, and the image of the pods that"
        " examples/kind/shop.yaml runs, into the kind cluster that `make kind` has started.",
    ).parse_args()
    try:
        _furnish(KindCluster.running())
    except HackError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _furnish(cluster: KindCluster) -> None:
    with Progress("stage") as progress:
        progress.update("SQS and its queue")
        install_aws(cluster, aws_image(cluster))
        queue = reach_aws(cluster).queues.url
        progress.update("the shop's image")
        cluster.docker("tag", witness_image(cluster), SHOP)
        cluster.load(SHOP)
    sys.stdout.write(f"The queue is {queue} from here. The shop's image is {SHOP}.\n")


if __name__ == "__main__":
    sys.exit(main())
