"""What cannot work is said in one sentence at the start, and the process ends at once."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hack.cluster import LocalCluster

FAILURE, USAGE_ERROR = 1, 2


@pytest.fixture(scope="module")
def account(cluster: LocalCluster) -> Path:
    """Give the kubeconfig of the controller's ServiceAccount."""
    return cluster.kubeconfig_for_service_account("spotdrain", "spotdrain")


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Give a port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ends(cluster: LocalCluster, *arguments: str, **options: Any) -> tuple[int, str]:
    """Return exit code and words of a controller that ends at once: one line, and no log."""
    with ControllerProcess(cluster, *arguments, **options) as controller:
        code = controller.wait_ended()
    assert controller.lines == []
    assert len(controller.words) == 1, controller.tail()
    return code, controller.words[0].removeprefix("spotdrain: ")


@pytest.mark.parametrize(
    ("flags", "code", "sentence"),
    [
        (["--queue-url", ""], USAGE_ERROR, "no queue: name it with --queue-url"),
        (["--queue-url", "spotdrain"], FAILURE, "The queue URL is not that of an SQS queue"),
        (["--queue-url", "arn:aws:sqs:us-east-1:1:q"], FAILURE, "The queue URL is an ARN"),
        (["--queue-url", "https://sqs.us-east-1.amazonaws.com/1/q.fifo"], FAILURE, "FIFO queue"),
        (["--queue-url", "https://a/b,https://a/b"], USAGE_ERROR, "names a queue twice"),
        (["--metrics-port", "many"], USAGE_ERROR, "--metrics-port is 'many': write a number from"),
        (["--receivers", "0"], USAGE_ERROR, "--receivers is '0': write a number from 1 to 50"),
        (["--log-level", "loud"], USAGE_ERROR, "--log-level is 'loud': choose one of debug, info"),
        (["--kubeconfig", "/no/such/file"], USAGE_ERROR, "there is no file /no/such/file"),
        (["--kubeconfig", ""], FAILURE, "not in a cluster"),
        (["--namespace", ""], USAGE_ERROR, "no namespace: name it with --namespace"),
        (["--namespace", "Not/One"], USAGE_ERROR, "--namespace is 'Not/One': write the name of a"),
        (["--identity", "Me_1"], USAGE_ERROR, "--identity is 'Me_1': write a name such as a pod's"),
    ],
)
def test_a_wrong_setting_is_named(
    cluster: LocalCluster, account: Path, flags: list[str], code: int, sentence: str
) -> None:
    found = ends(cluster, *flags, kubeconfig=account)

    assert found[0] == code
    assert sentence in found[1]


@pytest.mark.parametrize("flag", ["--health-port", "--metrics-port"])
def test_a_port_that_is_taken_is_named_with_its_flag(
    cluster: LocalCluster, account: Path, taken_port: int, flag: str
) -> None:
    code, sentence = ends(cluster, flag, str(taken_port), kubeconfig=account)

    assert code == USAGE_ERROR
    assert sentence == (
        f"cannot listen on 127.0.0.1, port {taken_port}: Address already in use;"
        f" see --listen-address and {flag}"
    )


@pytest.mark.parametrize("content", [b"", b"a: [b", b"\xff\x00"])
def test_a_file_that_is_no_kubeconfig_is_named(
    cluster: LocalCluster, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "kubeconfig"
    path.write_bytes(content)

    code, sentence = ends(cluster, kubeconfig=path)

    assert code == FAILURE
    assert f"{path} " in sentence
    assert "kubeconfig" in sentence


def wrong_context(config: dict[str, Any], _: Path) -> str:
    config["current-context"] = "elsewhere"
    return "Expected object with name elsewhere"


def wrong_server(config: dict[str, Any], _: Path) -> str:
    config["clusters"][0]["cluster"]["server"] = "10.0.0.1:6443"
    return "has the server '10.0.0.1:6443': write a URL such as https://10.0.0.1:6443"


def no_authority(config: dict[str, Any], folder: Path) -> str:
    config["clusters"][0]["cluster"]["certificate-authority"] = str(folder / "ca")
    return str(folder / "ca")


def no_certificate(config: dict[str, Any], folder: Path) -> str:
    (folder / "ca").write_text("This is no certificate.")
    config["clusters"][0]["cluster"]["certificate-authority"] = str(folder / "ca")
    return f"look at {folder / 'ca'}"


@pytest.mark.parametrize("spoil", [wrong_context, wrong_server, no_authority, no_certificate])
def test_what_is_wrong_in_a_kubeconfig_is_named(
    cluster: LocalCluster,
    account: Path,
    tmp_path: Path,
    spoil: Callable[[dict[str, Any], Path], str],
) -> None:
    config = json.loads(account.read_text())
    sentence = spoil(config, tmp_path)
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))

    code, said = ends(cluster, kubeconfig=path)

    assert code == FAILURE
    assert sentence in said


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "names no AWS region: set AWS_REGION"),
        ({"AWS_PROFILE": "nobody"}, "ProfileNotFound"),
    ],
)
def test_aws_settings_that_no_client_can_be_made_of_are_named(
    cluster: LocalCluster, account: Path, environment: dict[str, str], sentence: str
) -> None:
    code, said = ends(cluster, kubeconfig=account, environment=environment)

    assert code == FAILURE
    assert sentence in said
