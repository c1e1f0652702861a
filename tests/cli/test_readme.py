"""The README's commands, run as they stand on the sample benchmark; and the examples in docs, at least parsed."""

import re
import shlex
from pathlib import Path

import click
import pytest

from fsbench import adapters
from fsbench.cli import group
from tests.cli.commands import fsbench
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _commands(page: Path) -> list[list[str]]:
    text = page.read_text("utf-8").replace("\\\n", " ")
    return [shlex.split(line, comments=True)[1:] for line in re.findall(r"^\$ (fsbench .*)$", text, re.MULTILINE)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_exists(page: Path) -> None:
    for arguments in _commands(page):
        command: click.Command | None = group
        names = list(arguments)
        while isinstance(command, click.Group) and names and not names[0].startswith("-"):
            command = command.get_command(click.Context(command), names.pop(0))
            assert command is not None, f"{page.name}: fsbench {' '.join(arguments)}"
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        used = {name.split("=")[0] for name in names if re.match(r"--?[a-zA-Z]", name)}
        assert used <= known, f"{page.name}: fsbench {' '.join(arguments)}: {sorted(used - known)}"


@pytest.mark.parametrize("page", [PAGES[0], ROOT / "docs/start.md"], ids=lambda page: page.name)
def test_the_commands_of_the_first_pages_run(capsys, sample: Path, tmp_path: Path, monkeypatch, page: Path) -> None:
    (tmp_path / "FACESCAPE").mkdir()
    (tmp_path / "my").mkdir()
    (tmp_path / "FACESCAPE" / "benchmark").symlink_to(sample)
    (tmp_path / "my" / "wild").symlink_to(sample / "pred/wild_pred/mean-face")
    (tmp_path / "my" / "lab").symlink_to(sample / "pred/lab_pred/mean-face")
    monkeypatch.chdir(tmp_path)
    commands = [arguments for arguments in _commands(page) if "demo" not in arguments]
    assert len(commands) >= 5
    for arguments in commands:
        answer = fsbench(capsys, *arguments)
        # Most of the benchmark is not in the sample: 1 says so.
        assert answer.code in (0, 1), f"fsbench {' '.join(arguments)}: {answer.err}"
    assert (tmp_path / "focal.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("page", [PAGES[0], ROOT / "docs/start.md"], ids=lambda page: page.name)
def test_the_code_of_the_first_pages_runs(sample: Path, tmp_path: Path, monkeypatch, page: Path) -> None:
    (tmp_path / "FACESCAPE").mkdir()
    (tmp_path / "FACESCAPE" / "benchmark").symlink_to(sample)
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "lab").symlink_to(sample / "pred/lab_pred/mean-face")
    monkeypatch.chdir(tmp_path)
    meshes = [adapters.load("3DDFA_V2", sample / "pred/wild_pred/mean-face", name) for name in ("000", "100")]
    given = {"vertices": meshes[0].vertices, "faces": meshes[0].faces, "batch": [mesh.vertices for mesh in meshes]}
    (block,) = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    # The sample has these two of the benchmark.
    exec(block.replace("017", "000").replace("018", "100"), given)
    assert given["scores"].cr > 0.9
    if "table" in given:
        assert given["table"]["cd_mm"].tolist()[0] == given["scores"].cd_mm


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}, which is not there"
