"""All measurements: adding one is one entry here."""

from __future__ import annotations

from bench import (
    behind,
    burst,
    calls,
    crowd,
    growth,
    hostile,
    idle,
    lanes,
    model,
    one,
    replicas,
    restart,
    room,
    start,
    storm,
    takeover,
)
from bench.measurement import Measurement, Parameter, Size

ROUNDS = "how often, each time in a new cluster"

MEASUREMENTS = (
    Measurement(
        "one",
        "one notice at a time, to the closed node",
        one.measure,
        {"events": Parameter(100, "how many notices", repeats=True)},
        suite=[Size(2, {"events": 200})],
        quick={"events": 40},
    ),
    Measurement(
        "burst",
        "many notices at once, to the last pod",
        burst.measure,
        {
            "nodes": Parameter(50, "how many nodes are interrupted"),
            "pods": Parameter(5, "how many pods each of them has"),
            "runs": Parameter(3, ROUNDS, repeats=True),
        },
        suite=[
            Size(3),
            Size(6, {"nodes": 300}),
            Size(18, {"nodes": 1000, "pods": 30, "runs": 1}),
        ],
        quick={"runs": 1},
    ),
    Measurement(
        "behind",
        "a Spot notice sent behind recommendations, to its closed node",
        behind.measure,
        {
            "before": Parameter(300, "how many recommendations are sent before it"),
            "rounds": Parameter(3, ROUNDS, repeats=True),
        },
        suite=[Size(3), Size(8, {"before": 3000, "rounds": 1})],
    ),
    Measurement(
        "lanes",
        "pods behind budgets with room for all: by the controller, one at a time, all at once",
        lanes.measure,
        {
            "pods": Parameter(60, "how many pods"),
            "budgets": Parameter(1, "how many budgets share them"),
        },
        suite=[
            Size(minutes, {"pods": pods, "budgets": budgets})
            for minutes, pods in ((1, 60), (2, 300), (7, 1000))
            for budgets in (1, 10)
        ],
    ),
    Measurement(
        "replicas",
        "the same burst with one replica or several",
        replicas.measure,
        {
            "replicas": Parameter(2, "how many replicas"),
            "nodes": Parameter(100, "how many nodes are interrupted"),
            "pods": Parameter(5, "how many pods each of them has"),
        },
        suite=[Size(1, {"replicas": number}) for number in (1, 2, 4)],
    ),
    Measurement(
        "room",
        "a budget that opens, to the eviction",
        room.measure,
        {"rounds": Parameter(20, "how often", repeats=True)},
        suite=[Size(1)],
        quick={"rounds": 10},
    ),
    Measurement(
        "calls",
        "the calls of one ordinary drain, by verb and resource",
        calls.measure,
        {"rounds": Parameter(3, "how often", repeats=True)},
        suite=[Size(1)],
        quick={"rounds": 1},
    ),
    Measurement(
        "hostile",
        "random nodes on which nothing wants to leave, judged by the audit log",
        hostile.measure,
        {
            "nodes": Parameter(20, "how many nodes are interrupted at once"),
            "pods": Parameter(20, "how many pods each of them has"),
            "seed": Parameter(1, "what is random follows from it; again for another", again=True),
        },
    ),
    Measurement(
        "model",
        "random nodes and a counted clock: the planner alone",
        model.measure,
        {"nodes": Parameter(2000, "how many")},
    ),
    Measurement(
        "restart",
        "killed in mid-drain, to its next call",
        restart.measure,
        {"rounds": Parameter(5, "how often", repeats=True)},
        suite=[Size(1)],
        quick={"rounds": 3},
    ),
    Measurement(
        "crowd",
        "started with many open interruptions",
        crowd.measure,
        {"open": Parameter(1000, "how many")},
    ),
    Measurement(
        "start",
        "started in a large cluster: to ready, to a status for each open interruption",
        start.measure,
        {
            "nodes": Parameter(5000, "how many nodes there are"),
            "pods": Parameter(150_000, "how many pods there are on all of them"),
            "open": Parameter(1000, "how many of the nodes have an open interruption"),
            "rounds": Parameter(3, "how often it is started without any", repeats=True),
        },
        suite=[Size(5)],
    ),
    Measurement(
        "idle",
        "nothing to do: CPU, memory and calls an hour",
        idle.measure,
        {
            "nodes": Parameter(300, "how many nodes there are"),
            "minutes": Parameter(5, "how long it is watched", repeats=True),
        },
        suite=[Size(6, {"nodes": nodes}) for nodes in (300, 5000)],
    ),
    Measurement(
        "growth",
        "a start, a burst and waiting interruptions, by how many nodes and interruptions there are",
        growth.measure,
        {
            "nodes": Parameter(10_000, "the most nodes; 5, 10, 20 and 50 % of it are measured too"),
            "pods": Parameter(5, "how many pods each of them has"),
            "open": Parameter(1000, "the most that wait; 1, 10 and 30 % of it are measured too"),
            "rounds": Parameter(3, "how often at each number of nodes", repeats=True),
        },
        suite=[Size(8)],
    ),
    Measurement(
        "takeover",
        "one of two replicas is ended, to the other's status",
        takeover.measure,
        {"rounds": Parameter(5, "how often", repeats=True)},
    ),
    Measurement(
        "storm",
        "two replicas that are killed again and again: what is lost",
        storm.measure,
        {
            "nodes": Parameter(100, "how many nodes are interrupted"),
            "kills": Parameter(20, "how often one of the two is killed"),
            "seed": Parameter(1, "what decides who is killed, and when"),
        },
    ),
)
"""In the order in which the suite runs them."""
