"""Which volumes of the pods that left the instance still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.drain.classify import PodClass

if TYPE_CHECKING:
    from controller.domain.policy import DrainPolicy
    from controller.drain.plan import DrainPlan, Entry


def volumes_left(
    held: tuple[str, ...] | None, plan: DrainPlan | None, policy: DrainPolicy
) -> tuple[str, ...] | None:
    """Name the volumes that have to be detached before the node is drained; None for do not wait.

    `held` are all that the node's instance holds, None while they are not known. A volume can be told from another only by way of its pod's PersistentVolumeClaim and that one's
    PersistentVolume, two more collections to watch. So all of the node's count, and where a pod
    that stays has a claim, none: we never wait for what will not come.
    """
    # Nobody asked for it, or it is not known what is there.
    if not policy.wait_for_volume_detach or held is None or plan is None:
        return None
    # What is left may be that pod's, for as long as the node lives.
    if any(_stays(entry) and entry.pod.has_volume_claims for entry in plan.entries):
        return None
    return held


def _stays(entry: Entry) -> bool:
    """Tell whether a pod is left alone; the volumes of a finished one are detached all the same.

    Source: `DetermineVolumeAction` in kubernetes `pkg/controller/volume/attachdetach/util/util.go`.
    """
    return not entry.left and entry.treated.pod_class is not PodClass.FINISHED
