"""Workflows and hooks call what exists."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

import fsbench

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_targets_and_scripts_that_exist(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z-]+)", "\n".join(commands))) <= set(targets)
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


def test_every_lock_file_is_within_the_ranges() -> None:
    ranges = ConfigParser()
    ranges.read(ROOT / "setup.cfg", "utf-8")
    wanted = dict(re.findall(r"^([\w-]+)>=([\d.]+)", ranges["options"]["install_requires"].strip(), re.MULTILINE))
    assert "numpy" in wanted
    for name in ("requirements.lock", "requirements-oldest.lock"):
        pins = dict(re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for package, least in wanted.items():
            pinned, numbers = _numbers(pins[package]), _numbers(least)
            assert pinned >= numbers, f"{name}: {package}"
            # The oldest is the range's own beginning.
            assert "oldest" not in name or pinned[: len(numbers)] == numbers, f"{name}: {package}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_the_version_stands_in_one_place_and_its_copies_agree() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"]
    newest = re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[0]
    assert fsbench.__version__ == cited == newest
