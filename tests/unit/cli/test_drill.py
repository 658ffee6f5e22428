"""A drill sends what EC2 would send, says what it sent, and what to type next."""

from __future__ import annotations

import argparse
import json

import pytest

from controller.cli import drill
from controller.cli.main import main
from controller.cli.simulated import event
from controller.config import SettingsError
from controller.domain.cluster import ClusterError
from controller.domain.notice import Kind, Notice
from controller.domain.times import parse_rfc3339
from controller.notices import read

INSTANCE = "i-0123456789abcdef0"
NODE = "ip-10-0-1-17.ec2.internal"


def _instant(text: str) -> float:
    instant = parse_rfc3339(text)
    assert instant is not None
    return instant


NOW = _instant("2026-01-02T03:04:05Z")


class _Outbox:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, body: str) -> None:
        self.sent.append(body)


async def _resolve(name: str) -> str:
    return INSTANCE if name == NODE else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spotdrain drill")
    drill.add_arguments(parser)
    return parser


async def _drill(*argv: str, outbox: _Outbox) -> int:
    args = _parser().parse_args(argv)
    return await drill.run(args, queue=outbox, resolve=_resolve, clock=lambda: NOW)


def _sent_notice(outbox: _Outbox) -> Notice:
    (body,) = outbox.sent
    outcome = read(body, NOW)
    assert isinstance(outcome, list)
    (notice,) = outcome
    assert isinstance(notice, Notice)
    return notice


@pytest.mark.parametrize("node", [INSTANCE, NODE])
async def test_a_spot_drill_is_read_as_an_interruption_in_120_seconds(
    node: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outbox = _Outbox()
    assert await _drill(node, "--kind", "spot", outbox=outbox) == 0
    notice = _sent_notice(outbox)
    assert notice.kind is Kind.SPOT_INTERRUPTION
    assert (notice.instance_id, notice.action, notice.source) == (
        INSTANCE,
        "terminate",
        "simulated",
    )
    assert (notice.time, notice.deadline) == (NOW, NOW + 120)
    printed = capsys.readouterr().out
    assert f"about {INSTANCE}" in printed
    assert notice.id in printed
    assert (f"(node {NODE})" in printed) == (node == NODE)
    assert "The deadline is 03:06:05Z, in 120 s." in printed
    assert f"kubectl get ni {INSTANCE} --watch" in printed


@pytest.mark.parametrize(("age", "left"), [("60", 60), ("300", 0)])
async def test_an_older_event_leaves_less_time(
    age: str, left: int, capsys: pytest.CaptureFixture[str]
) -> None:
    outbox = _Outbox()
    assert await _drill(INSTANCE, "--kind", "spot", "--age", age, outbox=outbox) == 0
    assert _sent_notice(outbox).deadline == NOW + 120 - float(age)
    assert f", in {left} s." in capsys.readouterr().out


async def test_a_hibernation_leaves_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    outbox = _Outbox()
    argv = [INSTANCE, "--kind", "spot", "--instance-action", "hibernate"]
    assert await _drill(*argv, outbox=outbox) == 0
    assert _sent_notice(outbox).action == "hibernate"
    assert "Hibernation begins at once" in capsys.readouterr().out


async def test_a_rebalance_drill_announces_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    outbox = _Outbox()
    assert await _drill(INSTANCE, "--kind", "rebalance", outbox=outbox) == 0
    notice = _sent_notice(outbox)
    assert (notice.kind, notice.deadline) == (Kind.REBALANCE, None)
    assert "events.rebalance" in capsys.readouterr().out


async def test_two_drills_are_two_events() -> None:
    outbox = _Outbox()
    for _ in range(2):
        assert await _drill(INSTANCE, "--kind", "spot", outbox=outbox) == 0
    first, second = (json.loads(body)["id"] for body in outbox.sent)
    assert first != second


async def test_a_node_that_is_not_there_gets_a_sentence() -> None:
    outbox = _Outbox()
    with pytest.raises(ClusterError, match=r"^nowhere is neither an instance id such as "):
        await _drill("nowhere", "--kind", "spot", outbox=outbox)
    assert outbox.sent == []


async def test_an_instance_action_without_an_interruption_is_refused() -> None:
    outbox = _Outbox()
    argv = [INSTANCE, "--kind", "rebalance", "--instance-action", "stop"]
    with pytest.raises(SettingsError, match=r"goes with --kind spot"):
        await _drill(*argv, outbox=outbox)
    assert outbox.sent == []


async def test_a_name_that_no_node_can_have_is_not_asked_for() -> None:
    """It would become part of a path; without a cluster, asking would fail."""
    assert await drill.resolve(None, "../pods/x") == ""


def test_a_missing_queue_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTDRAIN_QUEUE_URL", raising=False)
    assert main(["drill", INSTANCE, "--kind", "spot"]) == 2
    assert "no queue: name it with --queue-url" in capsys.readouterr().err


def test_a_wrong_queue_url_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", INSTANCE, "--kind", "spot", "--queue-url", "spotdrain"]) == 1
    assert "not that of an SQS queue" in capsys.readouterr().err


@pytest.mark.parametrize("age", ["-1", "soon", "nan", "inf", "86401"])
def test_an_age_that_is_no_past_is_refused(age: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args([INSTANCE, "--kind", "spot", f"--age={age}"])
    assert "is no number of seconds from 0 to 86400" in capsys.readouterr().err


def test_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["drill", "--help"])
    assert "spotdrain drill i-0123456789abcdef0 --kind spot --age 60\n" in capsys.readouterr().out


def test_an_event_has_exactly_the_shape_of_aws_own() -> None:
    assert event(INSTANCE, "spot", NOW, event_id="drill-1") == {
        "version": "0",
        "id": "drill-1",
        "detail-type": "EC2 Spot Instance Interruption Warning",
        "source": "aws.ec2",
        "account": "000000000000",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:ec2:us-east-1a:instance/{INSTANCE}"],
        "detail": {"instance-id": INSTANCE, "instance-action": "terminate"},
    }


def test_a_drill_goes_to_one_queue(capsys: pytest.CaptureFixture[str]) -> None:
    queues = "https://sqs.us-east-1.amazonaws.com/1/one,https://sqs.us-east-1.amazonaws.com/1/two"
    assert main(["drill", INSTANCE, "--kind", "spot", "--queue-url", queues]) == 2
    assert "a drill goes to one queue: name one of them" in capsys.readouterr().err
