"""`fsbench score --keep-maps`: a map for every row with a score, whatever comes between."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import fsbench
from fsbench.core.mesh import Mesh
from fsbench.io import write_ply
from fsbench.runs.maps import FOLDER, LARGEST_BYTES, SurfaceMap, decode, read_map
from tests.cli.commands import ctrl_c_after
from tests.cli.commands import fsbench as run
from tests.heads import face_of, head, moved, random_similarity

WILD = ("000", "100", "200", "300")
METHOD = "pred/wild_pred/mean-face"
HALF_STEP_MM = 0.0051
"""Distances are kept in steps of 0.01 mm."""


@pytest.fixture
def predictions(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample / METHOD, tmp_path / "mean-face"))


def score(capsys, sample: Path, pred: Path, out: Path, *more: object):
    chosen = ("--samples", ",".join(WILD))
    return run(
        capsys, "score", "fswild", "--root", sample, "--pred", pred, "-a", "3DDFA_V2", "--out", out, *chosen, *more
    )


def maps(folder: Path) -> dict[str, bytes]:
    loaded = fsbench.load_run(folder)
    rows = loaded.samples.set_index("sample")
    found = {}
    for name in rows.index:
        scores = {metric: float(rows.loc[name, metric]) for metric in loaded.metrics}
        content = read_map(folder / FOLDER, name, scores)
        if content is not None:
            found[name] = content
    return found


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_scored_sample_has_its_map_and_the_rows_are_the_same(capsys, sample, predictions, tmp_path, jobs):
    (predictions / "200.obj").unlink()
    assert score(capsys, sample, predictions, tmp_path / "a", "--keep-maps", "--jobs", jobs).code == 1
    assert score(capsys, sample, predictions, tmp_path / "b").code == 1
    kept = maps(tmp_path / "a")
    assert list(kept) == ["000", "100", "300"] and not (tmp_path / "b" / FOLDER).exists()
    assert all(len(content) <= LARGEST_BYTES for content in kept.values())
    one, other = (fsbench.load_run(tmp_path / name).samples.drop(columns="seconds") for name in "ab")
    assert one.equals(other)
    for name, content in kept.items():
        mean_mm = abs(decode(content)[0].distances_mm).mean()
        assert mean_mm == pytest.approx(one.set_index("sample").loc[name, "cd_pred_to_ref_mm"], abs=HALF_STEP_MM)


def test_a_run_that_goes_on_gets_the_maps_it_lacks(capsys, monkeypatch, sample, predictions, tmp_path):
    out = tmp_path / "run"
    with ctrl_c_after(monkeypatch, 2):
        assert score(capsys, sample, predictions, out).code == 130
    assert score(capsys, sample, predictions, out, "--keep-maps").code == 0
    assert list(maps(out)) == list(WILD)


def test_maps_of_an_earlier_run_are_not_taken_for_the_new_ones(capsys, sample, predictions, tmp_path):
    out = tmp_path / "run"
    assert score(capsys, sample, predictions, out, "--keep-maps").code == 0
    shutil.copy(predictions / "100.obj", predictions / "000.obj")
    assert score(capsys, sample, predictions, out, "--overwrite").code == 0
    assert list(maps(out)) == list(WILD[1:])
    assert score(capsys, sample, predictions, out, "--overwrite", "--keep-maps").code == 0
    assert list(maps(out)) == list(WILD)


def test_a_folder_that_is_not_ours_is_left_alone(capsys, sample, predictions, tmp_path):
    (tmp_path / "run" / FOLDER).mkdir(parents=True)
    (tmp_path / "run" / FOLDER / "thesis.txt").write_text("mine")
    answer = score(capsys, sample, predictions, tmp_path / "run", "--keep-maps")
    assert answer.code == 2 and "not of our making" in answer.err
    assert (tmp_path / "run" / FOLDER / "thesis.txt").read_text() == "mine"


def test_parts_of_a_run_bring_their_maps_along(capsys, sample, predictions, tmp_path):
    parts = [tmp_path / f"part{i}" for i in (1, 2)]
    for i, part in enumerate(parts, start=1):
        assert score(capsys, sample, predictions, part, "--keep-maps", "--shard", f"{i}/2").code == 0
    assert run(capsys, "merge", *parts, "--out", tmp_path / "whole").code == 0
    assert list(maps(tmp_path / "whole")) == list(WILD)


def test_a_scan_keeps_its_surface(capsys, tmp_path):
    shape = head(45, 60)
    noise = np.random.default_rng(0).normal(scale=0.5, size=shape.vertices.shape)
    (tmp_path / "scans").mkdir()
    (tmp_path / "pred").mkdir()
    write_ply(tmp_path / "scans" / "anna.ply", face_of(head(60, 80)))
    motion = random_similarity(np.random.default_rng(1), most_deg=40)
    write_ply(tmp_path / "pred" / "anna.ply", moved(Mesh(shape.vertices + noise, shape.faces), motion))
    options = ("--root", tmp_path / "scans", "--pred", tmp_path / "pred", "--out", tmp_path / "run")
    assert run(capsys, "score", "scan", *options, "--keep-maps").code == 0
    assert (tmp_path / "run" / "pooled.csv").is_file()
    found = decode(maps(tmp_path / "run")["anna"])[0]
    assert isinstance(found, SurfaceMap) and len(found.faces) > 100
    row = fsbench.load_run(tmp_path / "run").samples.iloc[0]
    if len(found.vertices_mm) == face_of(head(60, 80)).n_vertices:
        assert abs(found.distances_mm).mean() == pytest.approx(row["ref_to_pred_mean_mm"], abs=HALF_STEP_MM)
    # Of a surface distance and offset are the same.
    np.testing.assert_allclose(np.linalg.norm(found.offsets_mm, axis=1), abs(found.distances_mm), atol=3 * HALF_STEP_MM)
