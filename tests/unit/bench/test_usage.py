"""What the kernel says about a process."""

from __future__ import annotations

import os

from bench.usage import cpu_ticks, peak_bytes, usage


def test_user_and_system_time_are_found_behind_any_name() -> None:
    stat = "42 (a) S (b c) R 1 2 3 4 5 6 7 8 9 10 700 55 0 0 20 0 1\n"

    assert cpu_ticks(stat) == 755


def test_the_peak_is_in_bytes() -> None:
    assert peak_bytes("VmPeak:\t 9 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n") == 2048 * 1024
    assert peak_bytes("VmPeak:\t 9 kB\n") == 0


def test_this_process_has_used_something() -> None:
    found = usage(os.getpid())

    assert found.cpu > 0
    assert found.peak > 1024 * 1024
