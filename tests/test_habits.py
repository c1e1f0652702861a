"""Workflows and hooks call what exists."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_targets_and_scripts_that_exist(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z]+)", "\n".join(commands))) <= set(targets)
    assert any("bash .ci/run" in command for command in commands)
    assert all(job["timeout-minutes"] for job in jobs.values())


def test_every_python_that_is_tested_is_named_in_the_metadata() -> None:
    tested = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]["test"]["strategy"]
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "setup.cfg").read_text("utf-8"))
    assert tested["matrix"]["python"] == named


def test_hooks_mirror_the_checks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for hook in hooks:
        assert hook["entry"].removeprefix(".venv/bin/").split(" --check")[0] in makefile, hook["id"]
