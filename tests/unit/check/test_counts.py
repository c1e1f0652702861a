"""Counts: a mesh of fewer faces than the others, and vertices that no face uses."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.check import counts
from fsbench.check.counts import of_counts
from fsbench.core.mesh import Mesh
from fsbench.io import write_obj, write_ply
from fsbench.io.counting import count_elements
from tests.heads import head

MESH = head(6, 8)


def _write(folder: Path, n_files: int, ending: str = ".obj", mesh: Mesh = MESH) -> list[Path]:
    paths = [folder / f"{i:03}{ending}" for i in range(n_files)]
    for path in paths:
        (write_obj if ending == ".obj" else write_ply)(path, mesh)
    return paths


def _cut(path: Path) -> None:
    """The file without its last ten faces."""
    mesh = Mesh(MESH.vertices, MESH.faces[:-10])
    (write_obj if path.suffix == ".obj" else write_ply)(path, mesh)


@pytest.mark.parametrize("ending", [".obj", ".ply"])
@pytest.mark.parametrize("most_bytes", [0, 1 << 30])
def test_the_odd_one_is_named(tmp_path: Path, monkeypatch, ending: str, most_bytes: int) -> None:
    monkeypatch.setattr(counts, "_MOST_BYTES_COUNTED", most_bytes)
    paths = _write(tmp_path, 5, ending)
    assert list(of_counts(paths)) == []
    _cut(paths[3])
    found, *_ = of_counts(paths)
    assert (found.verdict, found.topic) == ("wrong", "faces")
    # Where not all are counted, two of those that end alike stand for the rest, and one more for each odd one.
    n, others = MESH.n_faces, 4 if most_bytes else 3
    assert f"003{ending} has {n - 10:,} faces, where {others} others have {n:,}" in found.text


def test_of_two_the_shorter_one_is_named(tmp_path: Path) -> None:
    paths = _write(tmp_path, 2)
    _cut(paths[0])
    found, *_ = of_counts(paths)
    assert found.text.startswith("000.obj has ") and "another has" in found.text


def test_meshes_that_all_differ_are_not_odd(tmp_path: Path) -> None:
    paths = _write(tmp_path, 4)
    for number, path in enumerate(paths):
        write_obj(path, Mesh(MESH.vertices, MESH.faces[: MESH.n_faces - number]))
    other = tmp_path / "other.obj"
    write_obj(other, head(5, 5))
    assert [one.topic for one in of_counts([*paths, other, tmp_path / "none.obj"])] in ([], ["vertices"])


@pytest.mark.parametrize("ending", [".obj", ".ply"])
def test_vertices_that_no_face_uses_are_counted(tmp_path: Path, ending: str) -> None:
    paths = _write(tmp_path, 3, ending)
    stray = Mesh(np.vstack([[9e3, 9e3, 9e3], MESH.vertices]), MESH.faces + 1)
    (write_obj if ending == ".obj" else write_ply)(paths[1], stray)
    (found,) = of_counts(paths)
    assert (found.verdict, found.topic) == ("note", "vertices")
    assert f"1 of 3 files read have vertices that no face uses, 001{ending} 1: they are dropped" in found.text
    (kept,) = of_counts(paths, keeps_unused=True)
    assert "they count in the mean depth" in kept.text


def test_counts_are_those_of_the_file(tmp_path: Path) -> None:
    (obj, ply) = (_write(tmp_path, 1, ending)[0] for ending in (".obj", ".ply"))
    assert count_elements(obj) == count_elements(ply) == (MESH.n_vertices, MESH.n_faces)
    for name, text in (("b.off", "OFF20 24 0\n"), ("c.off", "OFF\n20 24 0\n"), ("d.off", "COFF 20 24\n")):
        (tmp_path / name).write_text(text)
        assert count_elements(tmp_path / name) == (20, 24)
    (tmp_path / "a.stl").write_bytes(bytes(84))
    assert count_elements(tmp_path / "a.stl") is None
