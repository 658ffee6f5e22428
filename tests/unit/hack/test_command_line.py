"""`python -m hack.cluster`."""

from __future__ import annotations

import pytest

from hack.cluster.__main__ import main


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert "python -m hack.cluster up --nodes 20" in capsys.readouterr().out


@pytest.mark.parametrize("number", ["-1", "many", "1.5", ""])
def test_a_number_of_nodes_that_is_none_is_refused(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["up", f"--nodes={number}"])

    assert "is not a number of nodes" in capsys.readouterr().err


def test_an_unknown_part_is_a_sentence_and_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["path", "cloud-controller"]) == 1
    assert capsys.readouterr().err.startswith("error: There is no part called 'cloud-controller'.")
