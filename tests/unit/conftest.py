"""What all unit tests share: a busy machine says nothing about the code, and neither does chance."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples in each run: whether a change is right does not depend on the day.
settings.register_profile("patient", settings.get_profile("explore"), derandomize=True)
settings.load_profile("patient")
