"""docs/leaderboard.md: its workflow is YAML, and its commands do on a small board what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from fsbench.benchmarks import load_spec
from fsbench.boards.admission import signatures
from fsbench.boards.board import read_board
from fsbench.boards.entries import Entry, read_entries
from fsbench.core.resources import folder
from fsbench.runs import Record, assemble
from tests.conftest import ROOT

METHODS = ("DECA", "PRNet")
LINE = "Mine,A Paper,CVPR,2026,https://example.org/paper\n"
SCORES = {"cd_mm": 2.0, "mne_rad": 0.07, "cr": 0.9}


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    page = (ROOT / "docs/leaderboard.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    found: dict[str, Any] = yaml.safe_load(block)
    return found


def _commands(workflow: dict[str, Any], job: str) -> dict[str, str]:
    """The commands of a job by the names of its steps; the runner's own steps have none."""
    return {step["name"]: step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step}


class Repository:
    """A board of two methods in a repository of its own, with a remote to push to."""

    def __init__(self, place: Path) -> None:
        self.place, tools = place / "work", place / "bin"
        tools.mkdir()
        (tools / "fsbench").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fsbench "$@"\n')
        (tools / "fsbench").chmod(0o755)
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            **{"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path, "GITHUB_BASE_REF": "main"},
            **{"GITHUB_REPOSITORY": "lab/board", "GITHUB_SHA": "abc", "GITHUB_STEP_SUMMARY": str(place / "summary.md")},
            **{"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        }
        boards = self.place / "boards"
        boards.mkdir(parents=True)
        for name in ("fswild.csv", "methods.csv"):
            head, *rows = (folder("leaderboards") / name).read_text("utf-8").splitlines(keepends=True)
            (boards / name).write_text(
                head + "".join(row for row in rows if row.startswith(tuple(f"{m}," for m in METHODS)))
            )
        self.run(
            f"git init --quiet --bare --initial-branch=main {place}/remote.git\ngit init --quiet --initial-branch=main"
        )
        self.run(
            f"git config user.name test\ngit config user.email test@localhost\ngit remote add origin {place}/remote.git"
        )
        self.run("fsbench leaderboard build --folder boards")
        self.commit()
        self.run("git push --quiet --set-upstream origin main")

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """As the runner of the workflow does: bash that stops at the first error."""
        call = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(call, cwd=self.place, env=self.environment, capture_output=True, text=True, check=False)

    def commit(self) -> None:
        assert self.run("git add --all && git commit --quiet --message x").returncode == 0

    def submit(self, method: str, n_rows: int = 400) -> None:
        spec = load_spec("fswild")
        samples = spec.samples[:n_rows]
        about = {
            "benchmark": "fswild",
            "method": method,
            "signature": signatures(spec)[1],
            "versions": {"fsbench": "0.1.0"},
        }
        records = [Record(sample.name, "ok", scores=SCORES) for sample in samples]
        run = assemble(records, {sample.name: dict(sample.bins) for sample in samples}, list(SCORES), about)
        run.save(self.place / f"runs/{method}-fswild")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_the_workflow_gives_a_request_no_right_to_write(workflow: dict[str, Any]) -> None:
    # YAML 1.1 reads the key `on` as true; the runner does not.
    assert set(workflow[True]) == {"pull_request", "push"}
    assert workflow["permissions"] == {"contents": "read"}
    assert {name: job["if"] for name, job in workflow["jobs"].items()} == {
        "check": "github.event_name == 'pull_request'",
        "rebuild": "github.event_name == 'push'",
    }
    assert "permissions" not in workflow["jobs"]["check"]
    # An expression in a script would be text of the request that bash runs.
    assert not [run for job in workflow["jobs"] for run in _commands(workflow, job).values() if "${{" in run]


def test_a_request_is_checked_and_the_boards_are_rebuilt_once(repository: Repository, workflow: dict[str, Any]) -> None:
    repository.submit("Mine")
    methods = repository.place / "boards/methods.csv"
    methods.write_text(methods.read_text() + LINE)
    repository.commit()
    check = _commands(workflow, "check")
    assert check.pop("install").startswith("python -m pip install")
    for name, script in check.items():
        answer = repository.run(script)
        assert answer.returncode == 0, f"{name}: {answer.stderr}"
    summary = Path(repository.environment["GITHUB_STEP_SUMMARY"]).read_text()
    assert "| Mine |" in summary and "scored with fsbench 0.1.0, added 20" in summary

    repository.run("git checkout --quiet -- . && git clean --quiet --force")
    rebuild = _commands(workflow, "rebuild")
    del rebuild["install"]
    for _ in range(2):
        for name, script in rebuild.items():
            answer = repository.run(script)
            assert answer.returncode == 0, f"{name}: {answer.stderr}"
    assert read_board(repository.place / "boards", load_spec("fswild")).methods == ["Mine", "DECA", "PRNet"]
    entry = read_entries(repository.place / "boards")["fswild", "Mine"]
    assert (entry.version, entry.link) == ("0.1.0", "https://github.com/lab/board/commit/abc")
    # The second time nothing is new, whatever the day.
    assert repository.run("git log --format=%s origin/main").stdout.split("\n")[:2] == ["Rebuild the boards", "x"]


@pytest.mark.parametrize("step", ["nothing but runs and methods is changed", "add the runs"])
def test_a_request_that_is_not_fit_is_refused(repository: Repository, workflow: dict[str, Any], step: str) -> None:
    repository.submit("DECA", 400 if step != "add the runs" else 300)
    board = repository.place / "boards/fswild.csv"
    if step != "add the runs":
        board.write_text(board.read_text().replace("PRNet", "MyNet"))
    repository.commit()
    before = board.read_bytes()
    answers = {
        name: repository.run(script) for name, script in _commands(workflow, "check").items() if name != "install"
    }
    assert next(name for name, answer in answers.items() if answer.returncode) == step
    assert board.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fswild,Mine,2026-13-01,0.1.0,", "line 2: Mine: date '2026-13-01', expected one such as 2026-11-28"),
        ("fswild,Mine,2026-11-28,0.1.0,http://x", "line 2: Mine: link 'http://x', expected a plain https:// address"),
        ("fswild,Mine,2026-11-28,=1+1,", "line 2: Mine: scored with fsbench '=1[+]1', expected a version"),
        ("fswild,Mine,2026-11-28,0<img src=x>,", "line 2: Mine: scored with fsbench '0<img"),
        ("fswild,Mine,2026-11-28", "line 2: expected 5 cells"),
        ("fswild,Mine,2026-11-28,,\nfswild,Mine,2026-11-28,,", "line 3: Mine on fswild stands there twice"),
        ("fswild,Mine,2026-11-28,,https://a\x9b", "one line of at most 200 plain characters"),
    ],
)
def test_entries_by_hand_are_refused_with_the_line(tmp_path: Path, line: str, said: str) -> None:
    from fsbench.core.errors import FormatError

    (tmp_path / "entries.csv").write_text(f"benchmark,method,day,version,link\n{line}\n")
    with pytest.raises(FormatError, match=said):
        read_entries(tmp_path)


def test_an_entry_of_no_board_is_named(tmp_path: Path) -> None:
    from fsbench.boards.derived import derive
    from fsbench.core.errors import FormatError

    with pytest.raises(FormatError, match=r"entries\.csv: Mine is not on the board of fswild"):
        derive({}, {}, {("fswild", "Mine"): Entry("fswild", "Mine", "2026-11-28")})
