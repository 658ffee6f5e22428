"""Our own records on a real API server: writes that must not meet another version."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from controller.domain.interruption_object import manifest
from controller.domain.notice_entry import notice_to
from controller.engine.recording import MAX_ENDS, record
from controller.kube.api import Api
from controller.kube.connect import configuration
from controller.kube.records import INTERRUPTIONS, Records
from tests.builders import T0, node, rebalance_notice, spot_notice

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


async def test_a_full_record_that_is_over_gives_way_to_a_new_notice(cluster: LocalCluster) -> None:
    """Else the next interruption of an instance that went to a warm pool and back would be lost."""
    instance = f"i-{secrets.token_hex(8)}"
    told = [spot_notice(T0 + n, id=f"{n}", instance_id=instance) for n in range(MAX_ENDS)]
    late = spot_notice(T0 + 9_000, id="late", instance_id=instance)
    path = cluster.kubeconfig_for_service_account("spotdrain", "spotdrain")
    async with Api(await configuration(path)) as api:
        records = Records(api)
        known = await records.create(manifest(told[0], "node-1", "uid-node-1"))
        assert known is not None
        known = await records.update(known, {"notices": [notice_to(one) for one in told]})
        assert known is not None
        assert await record(records, late, node()) == (known, False)
        over = {"phase": "Finished", "observedNotices": MAX_ENDS}
        assert await records.write_status(known, over)

        fresh, new = await record(records, late, node())

        assert new
        assert [notice.id for notice in fresh.notices] == ["late"]
        await records.delete(fresh)


async def test_a_long_list_comes_in_pages(cluster: LocalCluster) -> None:
    """A thousand records with the ways of their pods are 12 MB, ten times that once they are read."""
    instances = [f"i-{secrets.token_hex(8)}" for _ in range(3)]
    path = cluster.kubeconfig_for_service_account("spotdrain", "spotdrain")
    async with Api(await configuration(path)) as api:
        records = Records(api)
        for instance in instances:
            await records.create(manifest(spot_notice(instance_id=instance), instance, instance))

        pages = [page["items"] async for page in api.pages(INTERRUPTIONS, {}, 2)]

        assert max(len(items) for items in pages) == 2
        names = [item["metadata"]["name"] for items in pages for item in items]
        assert set(instances) <= set(names)
        found = {record.name: record for record in await records.interruptions()}
        versions = await records.versions()
        assert {name: found[name].resource_version for name in instances} == {
            name: versions[name] for name in instances
        }
        for instance in instances:
            await records.delete(found[instance])
