"""A small Auto Scaling for the local cluster: lifecycle hooks only, which moto does not have.

It speaks the AWS Query protocol on the loopback address, checks every parameter as botocore's model
of the service says, and keeps the instances that wait. Everything else about groups is moto's.
"""

from hack.scaling.actions import Actions, Waiting
from hack.scaling.faults import Fault
from hack.scaling.remote import RemoteScaling
from hack.scaling.server import ScalingServer

__all__ = ["Actions", "Fault", "RemoteScaling", "ScalingServer", "Waiting"]
