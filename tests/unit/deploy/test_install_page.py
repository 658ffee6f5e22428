"""What docs/install-aws.md tells people to type is what AWS and the template take."""

from __future__ import annotations

import json
import re

import botocore.session
from botocore.validate import ParamValidator

from tests.unit.deploy.reading import ROOT, called_actions, template
from tests.unit.deploy.test_cloudformation import DRILLS_ONLY

PAGE = (ROOT / "docs" / "install-aws.md").read_text()


def test_the_experiment_is_one_that_fault_injection_service_takes() -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    model = botocore.session.Session().get_service_model("fis")
    shape = model.operation_model("CreateExperimentTemplate").input_shape
    assert shape is not None
    given = {"clientToken": "made by the command line", **json.loads(text)}
    report = ParamValidator().validate(given, shape)
    assert report.generate_report() == ""


def test_every_parameter_that_is_overridden_exists() -> None:
    words = " ".join([PAGE, (ROOT / "README.md").read_text()]).replace("\\\n", " ")
    lines = re.findall(r"--parameter-overrides (.*)", words)
    named = {name for line in lines for name in re.findall(r"(\w+)=", line)}
    assert {"ClusterName", "Identity", "OidcProvider"} == named <= template()["Parameters"].keys()


def test_the_rights_are_those_of_the_role() -> None:
    _, _, rest = PAGE.partition("## Rights\n")
    table = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    told = {action for line in table for action in re.findall(r"`(\w+:\w+)`", line)}
    assert told == called_actions() - DRILLS_ONLY
