"""Our own records on a real API server: writes that must not meet another version."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from controller.domain.interruption_object import manifest
from controller.domain.notice_entry import notice_to
from controller.kube.api import Api
from controller.kube.connect import configuration
from controller.kube.records import Records
from tests.builders import T0, rebalance_notice, spot_notice

if TYPE_CHECKING:
    from hack.cluster import LocalCluster


async def test_a_record_that_got_a_notice_meanwhile_is_not_deleted(cluster: LocalCluster) -> None:
    """Its time to live is over, the sweep has begun, and a Spot notice comes."""
    instance = f"i-{secrets.token_hex(8)}"
    path = cluster.kubeconfig_for_service_account("spotdrain", "spotdrain")
    async with Api(await configuration(path)) as api:
        records = Records(api)
        hint, spot = (
            rebalance_notice(instance_id=instance),
            spot_notice(T0 + 9, instance_id=instance),
        )
        known = await records.create(manifest(hint, "node-1", "uid-node-1"))
        assert known is not None
        newer = await records.update(known, {"notices": [notice_to(hint), notice_to(spot)]})
        assert newer is not None

        await records.delete(known)
        assert await records.read(instance) == newer
        await records.delete(newer)
        assert await records.read(instance) is None
