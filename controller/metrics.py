"""Every metric. Labels are bounded: never a node, pod, instance or event id."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"spotdrain_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"spotdrain_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"spotdrain_{name}", text, labels, buckets=buckets, registry=REGISTRY)


# Intake
events_received = _counter("events_received", "Events read from the queue", "kind", "source")
events_ignored = _counter("events_ignored", "Events that asked nothing of us", "kind", "reason")
event_age = _histogram(
    "event_age_seconds",
    "From an event's own time to its receipt",
    (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300),
    "kind",
)
sqs_messages = _counter("sqs_messages", "Messages by what became of them", "queue", "result")
sqs_errors = _counter("sqs_errors", "Calls to SQS that failed", "queue", "operation", "code")
sqs_last_success = _gauge("sqs_last_success_timestamp_seconds", "Last successful receive", "queue")
sqs_waiting = _gauge(
    "sqs_queue_messages", "Messages in the queue, by its own count", "queue", "state"
)
sqs_warnings = _gauge(
    "sqs_queue_warnings", "1 for what is unwise in its settings", "queue", "reason"
)

# Interruptions
interruptions = _counter(
    "interruptions",
    "Notices that one of our nodes goes, recommendations left out",
    "kind",
    "instance_type",
    "zone",
    "action",
)
rebalances = _counter(
    "rebalance_recommendations", "Rebalance recommendations for our nodes", "instance_type", "zone"
)
rebalance_conversions = _counter(
    "rebalance_conversions",
    "Recommendations that a Spot interruption notice followed, the first one a node",
    "instance_type",
    "zone",
)
rebalance_lead = _histogram(
    "rebalance_lead_seconds",
    "From the first recommendation to the Spot interruption notice that followed",
    (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200),
)
outcomes = _counter(
    "interruption_outcomes",
    "Interruptions by what became of the instance",
    "kind",
    "outcome",
    "instance_type",
    "zone",
)
notice_lead = _histogram(
    "notice_lead_seconds",
    "Time left until the deadline when a notice was first seen",
    (0, 10, 30, 45, 60, 75, 90, 100, 110, 115, 120),
    "action",
)
reaction = _histogram(
    "reaction_seconds",
    "From the receipt of a notice to the node being fenced",
    (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10),
    "trigger",
)

# Drains
drains = _counter("drains", "Ended drains", "trigger", "result")
drains_active = _gauge("drains_active", "Interruptions that this replica drains", "trigger")
voluntary_waiting = _gauge(
    "voluntary_drains_waiting", "Drains for recommendations that have not begun", "reason"
)
WAITING_REASONS = {
    "AwaitingTurn": "awaiting_turn",
    "HasItsTurn": "awaiting_turn",
    "NodeBudget": "node_budget",
    "ZoneBudget": "zone_budget",
    "OutsideSchedule": "outside_schedule",
    "WaitingForCapacity": "waiting_for_capacity",
}
drain_duration = _histogram(
    "drain_duration_seconds",
    "From the fence to the last pod being gone",
    (1, 2, 5, 10, 20, 30, 45, 60, 75, 90, 105, 120, 300, 900),
    "trigger",
    "result",
)
drain_slack = _histogram(
    "drain_slack_seconds",
    "Time left until the deadline when the last pod was gone; negative is too late",
    (-60, -30, -10, 0, 5, 10, 20, 30, 45, 60, 75, 90, 105, 120),
    "trigger",
)
pods = _counter("pods", "Pods of drained nodes by how they left", "trigger", "outcome")

# Evictions
eviction_requests = _counter("eviction_requests", "Eviction calls by HTTP status", "code")
deletion_requests = _counter(
    "deletion_requests", "Graceful deletions by HTTP status", "call", "code"
)
pdb_blocked = _histogram(
    "pdb_blocked_seconds",
    "How long a pod waited for its PodDisruptionBudget",
    (0.5, 1, 2, 5, 10, 20, 30, 45, 60, 75, 90, 105, 120),
)
pdb_overrides = _counter(
    "pdb_overrides", "Pods deleted past their budget at their last safe moment"
)

# Replicas
members = _gauge("members", "Replicas that share the work, as this one sees it")
lease_renewals = _counter("lease_renewals", "Renewals of our own Lease", "result")
REOPENED = {"NotExecuted": "not_executed", "Returned": "returned"}
"""The labels of `reopened`, by why a node was opened after its interruption was over."""

reopened = _counter("nodes_reopened", "Nodes opened after their interruption was over", "reason")
takeovers = _counter("takeovers", "Interruptions under way that this replica went on with")
# The API server
api_limit = _gauge("api_limit", "Evictions that may be in flight at once")
api_pushback = _counter(
    "api_pushback", "Calls about pods that the API server shed, broke off or did not answer", "code"
)
api_retries = _counter("api_retries", "Calls about pods that were not the first", "call")

# Nodes
nodes = _gauge("nodes", "Nodes of the cluster by who made them", "provisioner")
left_to_karpenter = _counter(
    "left_to_karpenter", "Interruptions of nodes that Karpenter drains by itself", "result"
)
out_of_service = _counter("out_of_service_taints", "Nodes that got the out-of-service taint")

# Lifecycle hooks
lifecycle_calls = _counter("lifecycle_calls", "Calls about lifecycle hooks", "call", "result")

# The process
loop_restarts = _counter(
    "loop_restarts", "Supervised loops that ended and were started again", "loop"
)
status_writes = _counter("status_writes", "Writes of a NodeInterruption status", "result")
build_info = _gauge("build_info", "Always 1; the version as a label", "version")
