"""Runs on other data under a benchmark's name, as on the sample's made-up heads: never beside those on its own data."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fsbench.core import resources
from tests.cli.commands import fsbench

METHOD = "pred/wild_pred/mean-face"


def _score(capsys, root: Path, out: Path, benchmark: str = "fswild") -> tuple[str, str]:
    """Signature and what was said."""
    folder = METHOD.replace("wild", benchmark.removeprefix("fs"))
    answer = fsbench(
        capsys, "score", benchmark, "--root", root, "--pred", root / folder, "-a", "3DDFA_V2", "--out", out
    )
    assert answer.code == 1, answer.err
    return json.loads((out / "run.json").read_text())["signature"], answer.err


@pytest.mark.parametrize("benchmark", ["fswild", "fslab"])
def test_the_published_references_change_nothing_and_others_are_named(
    capsys, sample: Path, shared: Path, tmp_path: Path, benchmark: str
) -> None:
    signature, said = _score(capsys, sample, tmp_path / "others", benchmark)
    assert "|references:" in signature and said.count("than the published ones of FaceScape in the") == 1
    assert "than the published ones" in json.loads((tmp_path / "others/run.json").read_text())["cautions"][0]
    root = tmp_path / "root"
    shutil.copytree(sample, root)
    for path in (shared / "data/facescape/predef").glob("*.npy"):
        (root / "code/predef" / path.name).unlink()
        shutil.copy(path, root / "code/predef")
    published, said = _score(capsys, root, tmp_path / "published", benchmark)
    assert "references" not in published and "than the published ones" not in said
    assert [part for part in signature.split("|") if "references" not in part] == published.split("|")


def _other_scales(root: Path) -> None:
    scales = root / "code/predef/wild_pupil_scales.npy"
    np.save(scales, np.load(scales) * 1.01)


def _another_head(root: Path) -> None:
    """The arrays stay; those of the lab are the same for all made-up heads."""
    mesh = next((root / "data/wild_gt_mesh").glob("*.obj"))
    mesh.write_text(mesh.read_text().replace("v 0.", "v 0.0", 1))


@pytest.mark.parametrize("change", [_other_scales, _another_head])
def test_runs_on_different_heads_do_not_stand_side_by_side(capsys, sample: Path, tmp_path: Path, change) -> None:
    root = tmp_path / "root"
    shutil.copytree(sample, root)
    change(root)
    _score(capsys, sample, tmp_path / "a")
    _score(capsys, root, tmp_path / "b")
    for command in (["compare"], ["table"], ["plot", "-o", tmp_path / "x.png"]):
        answer = fsbench(capsys, command[0], tmp_path / "a", tmp_path / "b", *command[1:])
        assert answer.code == 2 and "references: " in answer.err, answer


def test_a_board_takes_no_run_on_other_heads(capsys, sample: Path, tmp_path: Path) -> None:
    boards = tmp_path / "boards"
    shutil.copytree(resources.folder("leaderboards"), boards)
    _score(capsys, sample, tmp_path / "run")
    about = ("--paper", "P", "--venue", "V", "--year", "2026", "--source", "https://example.org")
    answer = fsbench(capsys, "leaderboard", "add", tmp_path / "run", "--folder", boards, *about)
    assert answer.code == 2 and "references:" in answer.err and "measured as" in answer.err
