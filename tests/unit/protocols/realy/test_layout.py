"""REALY's files: sound ones, and everything that a file may do wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError, FsbenchError, MeshError, MissingError, ReferenceDataError, UsageError
from fsbench.protocols.realy.layout import (
    Root,
    read_keypoints,
    read_mask,
    read_mesh,
    read_scales,
    read_template,
    subject_and_view,
)
from tests.keypointed import MM_PER_UNIT, reference

SQUARES = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 2 0 0\nv 2 1 0\n"
KEYPOINTS = [[i % 3, 0.25, 0.5] for i in range(85)]


def _write_obj(path: Path, vertices: np.ndarray, faces: np.ndarray | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["v {:.9g} {:.9g} {:.9g}".format(*vertex) for vertex in vertices]
    lines += ["f {} {} {}".format(*face) for face in ([] if faces is None else faces + 1)]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    subject = reference()
    _write_obj(tmp_path / "REALY_HIFI3D_keypoints/2.obj", subject.keypoints)
    for name, mesh in subject.regions.items():
        _write_obj(tmp_path / f"REALY_scan_region/2/{name}.obj", mesh.vertices, mesh.faces)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/metrical_scale.txt").write_text(f"8.5\n{MM_PER_UNIT}\n")
    return tmp_path


def test_a_root_is_read_as_it_is_shipped(root: Path) -> None:
    found, expected = Root.of_folder(root), reference()
    assert found.subjects() == (2,)
    read = found.read(2)
    assert read.mm_per_unit == MM_PER_UNIT
    assert (read.keypoints == expected.keypoints).all()
    for name, mesh in expected.regions.items():
        assert (read.regions[name].vertices == mesh.vertices).all()
        assert (read.regions[name].faces == mesh.faces).all()


def test_names_of_predictions() -> None:
    names = ["4", "04", "4_3", "4_left", "4_3_x", "a_4", "4-3", "", "٤", "4.5", "9" * 10]
    found = [subject_and_view(name) for name in names]
    assert found == [(4, ""), (4, ""), (4, "3"), (4, "left"), (4, "3_x"), None, None, None, None, None, None]


def test_subjects_are_numbers(root: Path) -> None:
    for name in ("10.obj", "1.obj", "2_3.obj", "._2.obj", "mean.obj", "3.txt"):
        (root / "REALY_HIFI3D_keypoints" / name).write_text("")
    assert Root.of_folder(root).subjects() == (1, 2, 10)


def test_what_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(ReferenceDataError, match="has 2 lines, none for subject 3"):
        Root.of_folder(root).read(3)
    with pytest.raises(ReferenceDataError, match=r"1.obj: there is no such file"):
        Root.of_folder(root).read(1)
    (root / "REALY_scan_region/2/cheek.obj").unlink()
    with pytest.raises(ReferenceDataError, match=r"cheek.obj: there is no such file"):
        Root.of_folder(root).read(2)
    (root / "data/metrical_scale.txt").unlink()
    with pytest.raises(UsageError, match=r"metrical_scale.* is neither here nor in data/"):
        Root.of_folder(root)


def test_another_number_of_keypoints_is_refused(root: Path) -> None:
    path = root / "REALY_HIFI3D_keypoints/2.obj"
    path.write_text("".join(path.read_text().splitlines(True)[:68]))
    with pytest.raises(ReferenceDataError, match="has 68 vertices, expected 85"):
        Root.of_folder(root).read(2)


def test_quads_are_cut_as_officially_and_every_vertex_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.obj"
    path.write_text(SQUARES + "v 7 7 7\nf 1 2 3 4\nf 2 5 6\nf 2/1 6/1 5/1 3/1\n")
    mesh = read_mesh(path)
    assert mesh.n_vertices == 7
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 4, 5], [1, 5, 4], [1, 4, 2]]
    path.write_text("v 0.1 0.1 0.1\n")
    assert read_mesh(path).vertices.tolist() == [[float(np.float32(0.1))] * 3]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (SQUARES + "f 1 2 3\nf 1 2 5 6 4\n", FormatError, "face 2 has 5 corners"),
        (SQUARES + "f 1 2 9\n", MeshError, "vertices that do not exist"),
        (SQUARES + "v nan 0 0\nf 1 2 3\n", MeshError, "NaN"),
        (SQUARES + "v 1e39 0 0\nf 1 2 3\n", MeshError, "infinite"),
        ("", FormatError, "empty"),
    ],
)
def test_damaged_meshes(tmp_path: Path, text: str, error: type[FsbenchError], message: str) -> None:
    (tmp_path / "a.obj").write_text(text)
    with pytest.raises(error, match=message) as found:
        read_mesh(tmp_path / "a.obj")
    assert str(found.value).startswith(f"{tmp_path / 'a.obj'}: ")


def test_keypoints_are_read_with_their_third_weight(tmp_path: Path) -> None:
    (tmp_path / "k.txt").write_text(json.dumps([[7.0, 0, 1], *KEYPOINTS[1:]]))
    triangles, weights = read_keypoints(tmp_path / "k.txt")
    assert triangles.tolist() == [7, *(point[0] for point in KEYPOINTS[1:])]
    assert weights[:2].tolist() == [[0, 1, 0], [0.25, 0.5, 0.25]]


@pytest.mark.parametrize(
    "found",
    [
        *([], {}, None, 3, KEYPOINTS[:84], [*KEYPOINTS, KEYPOINTS[0]]),
        *([bad, *KEYPOINTS[1:]] for bad in ([1, 0.5], [1, 0.5, 0.2, 0.3], "123", None, {"a": 1}, [[1], 0.5, 0.5])),
        *([bad, *KEYPOINTS[1:]] for bad in ([-1, 0.5, 0.2], [1.5, 0.5, 0.2], [10**400, 0.1, 0.2], [True, 0.1, 0.2])),
        *([bad, *KEYPOINTS[1:]] for bad in ([1, 2, 0.5], [1, 0.9, 0.9], [1, 10**400, 0.2], [1, 0.5, -(10**400)])),
    ],
    ids=lambda found: str(found)[:30],
)
def test_damaged_keypoints(tmp_path: Path, found: object) -> None:
    (tmp_path / "k.txt").write_text(json.dumps(found))
    with pytest.raises(FormatError, match=r"k\.txt: "):
        read_keypoints(tmp_path / "k.txt")


def test_a_template_is_of_one_topology(tmp_path: Path) -> None:
    mesh, keypoints, mask = tmp_path / "t.obj", tmp_path / "t.txt", tmp_path / "m.txt"
    mesh.write_text(SQUARES + "f 1 2 3 4\nf 2 5 6 3\n")
    keypoints.write_text(json.dumps(KEYPOINTS))
    mask.write_text("1\n1\n1\n1\n0\n0\n")
    found = read_template(mesh, keypoints, mask)
    assert (found.n_vertices, len(found.faces), len(found.masked_faces())) == (6, 4, 2)
    keypoints.write_text(json.dumps([[4, 0.2, 0.2], *KEYPOINTS[1:]]))
    with pytest.raises(UsageError, match="keypoint 0 is on triangle 4, and the template has 4 triangles"):
        read_template(mesh, keypoints)
    keypoints.write_text(json.dumps(KEYPOINTS))
    mask.write_text("1\n1\n1\n")
    with pytest.raises(UsageError, match="mask has 3 lines, and the template 6"):
        read_template(mesh, keypoints, mask)
    mask.write_text("1\n0\n0\n0\n0\n1\n")
    with pytest.raises(UsageError, match="keeps no triangle"):
        read_template(mesh, keypoints, mask)
    with pytest.raises(MissingError):
        read_template(mesh, tmp_path / "no.txt")


@pytest.mark.parametrize("text", ["", "1 0\n0 1\n", "2\n", "nan\n", "x\n", "0\n0\n"])
def test_damaged_masks(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.txt").write_text(text)
    with pytest.raises(FormatError, match=r"m\.txt: "):
        read_mask(tmp_path / "m.txt")


@pytest.mark.parametrize("text", ["", "1 2\n", "9\n0\n", "-9\n", "nan\n", "inf\n", "x\n"])
def test_damaged_scales(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.txt").write_text(text)
    with pytest.raises(ReferenceDataError, match=r"s\.txt: "):
        read_scales(tmp_path / "s.txt")
