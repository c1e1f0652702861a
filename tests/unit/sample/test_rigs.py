"""The sample of rigs: four baselines that the protocol tells apart."""

import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.io import read_mesh
from fsbench.protocols.rig.layout import EXPRESSIONS
from fsbench.sample.rigs import KEYS, STEMS, write_rigs
from tests.cli.commands import fsbench


def test_its_expressions_are_those_of_facescape() -> None:
    assert tuple(KEYS) == tuple(EXPRESSIONS)


def test_the_same_arguments_give_the_same_bytes_and_fewer_people_the_same_first(tmp_path: Path) -> None:
    first, second = (write_rigs(tmp_path / name, seed=3, n_subjects=n) for name, n in (("a", 1), ("b", 2)))
    for place in ("captured", "pred/personal"):
        for stem in STEMS[:4]:
            path = f"{place}/00/{stem}.ply"
            assert (first.folder / path).read_bytes() == (second.folder / path).read_bytes()
    truth = {stem: read_mesh(first.captures / "00" / f"{stem}.ply").vertices for stem in STEMS}
    stable = json.loads(first.stable.read_text())
    # A stronger person moves the region more than the 0.5 mm of the model's units, of which an expression has several.
    assert max(np.linalg.norm((v - truth[STEMS[0]])[stable], axis=1).max() for v in truth.values()) < 2.0
    assert len(json.loads(first.landmarks.read_text())) == 68


def test_the_command_line_writes_it_and_the_protocol_tells_the_baselines_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "rigs"
    written = fsbench(capsys, "sample", folder, "--rig", "--subjects", "1")
    assert written.code == 0
    rows = [line.split("\t") for line in written.out.splitlines()]
    assert [row[1] for row in rows] == ["still", "generic", "personal", "shuffled"]
    means = {}
    for benchmark, name, _, samples, meshes in rows:
        options = ("--root", folder / "captured", "--pred", meshes, "--samples", samples, "--out", tmp_path / name)
        assert fsbench(capsys, "score", benchmark, *options, "--set", f"stable={folder / 'stable.json'}").code == 0
        from fsbench import load_run

        means[name] = load_run(tmp_path / name).samples.mean(numeric_only=True)
    assert means["still"]["motion_r2"] == 0 and means["still"]["hit"] == 0
    assert means["personal"]["motion_mm"] < means["generic"]["motion_mm"] < means["still"]["motion_mm"]
    assert means["shuffled"]["hit"] < 0.2 and means["personal"]["hit"] == 1
    assert means["shuffled"]["motion_r2"] < 0 < means["generic"]["motion_r2"]
    # All have one neutral face.
    assert np.ptp([one["neutral_mm"] for one in means.values()]) == 0


def test_what_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="1 to 50 subjects"):
        write_rigs(tmp_path / "a", n_subjects=0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("")
    with pytest.raises(UsageError, match="not empty"):
        write_rigs(tmp_path / "full")
    answer = fsbench(capsys, "sample", tmp_path / "b", "--rig", "--wild", "8")
    assert answer.code == 2 and "leave out --wild" in answer.err
