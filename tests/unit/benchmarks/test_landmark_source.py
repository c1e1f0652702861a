"""Where landmarks come from."""

import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.benchmarks.landmark_source import LandmarkSource, parse_source
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.io import write_ply
from fsbench.protocols.choice import Choice

VERTICES = np.arange(30.0).reshape(10, 3)
OBJ = "".join("v {} {} {}\n".format(*vertex) for vertex in VERTICES.tolist()) + "f 2 3 4\n"
PLY = "ply\nformat ascii 1.0\nelement vertex 10\nproperty double x\nproperty double y\nproperty double z\n"
PLY += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
PLY += "".join("{} {} {}\n".format(*vertex) for vertex in VERTICES.tolist()) + "3 1 2 3\n"
FILES = {".obj": OBJ, ".ply": PLY, ".off": "OFF\n10 1 0\n" + PLY.split("end_header\n")[1]}
"""One mesh, of whose vertices the last six and the first are in no triangle."""
STL = "solid\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid\n"
POINTS = np.array([[1.0, 2, 3], [4, 5, 7], [0, 0, 1]])
WHOSE = Path("mesh.ply")


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, POINTS)


def _source(text: str) -> LandmarkSource:
    found = parse_source(text)
    assert found is not None
    return found


def test_nothing_is_nothing() -> None:
    assert parse_source("") is None


@pytest.mark.parametrize("form", ["list", "json", "npy"])
def test_indices_are_vertices(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps([2, 0, 9]))
    np.save(tmp_path / "a.npy", np.array([2, 0, 9]))
    source = _source("2,0,9" if form == "list" else str(tmp_path / f"a.{form}"))
    assert source.indices == (2, 0, 9)
    (tmp_path / "mesh.obj").write_text(OBJ)
    found = source.read(tmp_path, {}, tmp_path / "mesh.obj")
    np.testing.assert_array_equal(found, VERTICES[[2, 0, 9]])


@pytest.mark.parametrize("ending", FILES)
@pytest.mark.parametrize("form", ["list", ".json", ".npy", ".txt"])
def test_numbers_are_the_files_own_in_every_format_and_kind_of_list(tmp_path: Path, ending: str, form: str) -> None:
    whose = tmp_path / f"mesh{ending}"
    whose.write_text(FILES[ending])
    numbers = [9, 0, 3, 2]
    if form == ".npy":
        np.save(tmp_path / "mesh.npy", numbers)
    else:
        text = "\n".join(map(str, numbers)) if form == ".txt" else json.dumps(numbers)
        (tmp_path / f"mesh{form}").write_text(text)
    source = _source("9,0,3,2" if form == "list" else f"{{sample}}{form}")
    found = source.read(tmp_path, {"sample": "mesh"}, whose)
    np.testing.assert_array_equal(found, VERTICES[numbers])


@pytest.mark.parametrize("pattern", ["0,1,2", "{sample}.json"])
def test_an_stl_has_no_vertex_numbers(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "mesh.json").write_text("[0, 1, 2]")
    (tmp_path / "mesh.stl").write_text(STL)
    with pytest.raises(FormatError, match=r"mesh\.stl: an STL has no vertex numbers.*give the landmarks as points"):
        _source(pattern).read(tmp_path, {"sample": "mesh"}, tmp_path / "mesh.stl")


def test_a_landmark_that_is_nan_is_refused_and_other_unused_ones_are_not_asked(tmp_path: Path) -> None:
    (tmp_path / "mesh.obj").write_text(OBJ.replace("v 0.0 1.0 2.0", "v nan 1.0 2.0"))
    found = _source("1,2,9").read(tmp_path, {}, tmp_path / "mesh.obj")
    np.testing.assert_array_equal(found, VERTICES[[1, 2, 9]])
    with pytest.raises(FormatError, match=r"mesh\.obj: vertex 0 \(from 0\) is a landmark, but is NaN"):
        _source("0,1,2").read(tmp_path, {}, tmp_path / "mesh.obj")


def test_indices_may_have_blanks_between() -> None:
    assert _source(" 2, 0 ,9").indices == (2, 0, 9)


@pytest.mark.parametrize("text", ["12", "12,55", "12, 55"])
def test_too_few_indices_are_refused(tmp_path: Path, monkeypatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"12.*at least 3"):
        parse_source(text)
    (tmp_path / "a.json").write_text(f"[{text}]")
    with pytest.raises(UsageError, match=r"a\.json.*at least 3"):
        parse_source("a.json")
    (tmp_path / text).mkdir()
    assert _source(text).indices == ()


def test_indices_of_another_topology_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mesh.ply").write_text(PLY)
    with pytest.raises(FormatError, match=r"mesh\.ply: has 10 vertices.*another topology"):
        _source("1,2,10").read(tmp_path, {}, tmp_path / "mesh.ply")


@pytest.mark.parametrize("content", ["[[1, 2, 3]]", "[]", "[1, -2, 3]", "[1.5, 2, 3]", "[true, 2, 3]", '{"a": 1}'])
def test_a_file_of_anything_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(FormatError, match="list of vertex indices"):
        parse_source(str(tmp_path / "a.json"))


def test_places_on_triangles_serve_all_meshes_of_a_topology_and_beside_one(tmp_path: Path) -> None:
    corners = np.array([[0.0, 0, 0], [4, 0, 0], [0, 4, 0], [0, 0, 8]])
    write_ply(tmp_path / "mesh.ply", Mesh(corners, [[0, 1, 2], [0, 2, 3]]))
    (tmp_path / "places.json").write_text("[[0, 0.5, 0.25], [1, 0.0, 0.5], [1, 0.25, 0.25]]")
    expected = [[1, 1, 0], [0, 2, 4], [0, 1, 4]]
    source = _source(str(tmp_path / "places.json"))
    np.testing.assert_array_equal(source.read(tmp_path, {}, tmp_path / "mesh.ply"), expected)
    beside = _source("{sample}.json").read(tmp_path, {"sample": "places"}, tmp_path / "mesh.ply")
    np.testing.assert_array_equal(beside, expected)
    # An adapter moved the mesh and dropped its unused vertices; arrays have no file.
    moved = Mesh(corners * 2 + 1, [[0, 1, 2], [0, 2, 3]])
    for file in (tmp_path / "mesh.ply", None):
        np.testing.assert_array_equal(source.places.on_moved(moved, file), np.array(expected) * 2 + 1)
    (tmp_path / "places.json").write_text("[[0, 0.5, 0.25], [1, 0.0, 0.5], [1, 0.25, 0.5]]")
    other = _source(str(tmp_path / "places.json"))
    assert other.indices == source.indices and other.content(tmp_path, {}) != source.content(tmp_path, {})
    (tmp_path / "places.json").write_text("[[0, 0.5, 0.25], [2, 0.0, 0.5], [1, 0.25, 0.5]]")
    with pytest.raises(FormatError, match=r"has 2 triangles.*another topology"):
        _source(str(tmp_path / "places.json")).read(tmp_path, {}, tmp_path / "mesh.ply")


@pytest.mark.parametrize(
    ("pattern", "file"),
    [
        ("{sample}_marks.npy", "a/b_marks.npy"),
        ("{sample}_marks", "a/b_marks.npy"),
        ("marks/{stem}/*.npy", "marks/b/110920.npy"),
    ],
)
def test_a_pattern_is_below_the_sides_own_folder(tmp_path: Path, pattern: str, file: str) -> None:
    _write(tmp_path / file)
    names = {"sample": "a/b", "stem": "b"}
    np.testing.assert_array_equal(_source(pattern).read(tmp_path, names, WHOSE), POINTS)
    assert _source(pattern).read(tmp_path, names | {"sample": "c", "stem": "c"}, WHOSE) is None


def test_a_folder_holds_files_of_the_samples_names(tmp_path: Path) -> None:
    _write(tmp_path / "odd [name]" / "a" / "b.npy")
    source = _source(str(tmp_path / "odd [name]"))
    np.testing.assert_array_equal(source.read(Path("elsewhere"), {"sample": "a/b"}, WHOSE), POINTS)


def test_a_name_is_no_pattern(tmp_path: Path) -> None:
    _write(tmp_path / "x1.npy")
    _write(tmp_path / "x2.npy")
    assert _source("{sample}.npy").read(tmp_path, {"sample": "x*"}, WHOSE) is None


def test_two_files_that_fit_are_refused(tmp_path: Path) -> None:
    _write(tmp_path / "a1.npy")
    _write(tmp_path / "a2.npy")
    with pytest.raises(FormatError, match=r"a1\.npy and .*a2\.npy could both be the landmarks"):
        _source("{sample}*.npy").read(tmp_path, {"sample": "a"}, WHOSE)


@pytest.mark.parametrize("pattern", ["", "{sample}", "{sample}*"])
@pytest.mark.parametrize("endings", [(".csv", ".txt"), (".txt", ".npy"), (".json", ".PP")])
def test_two_endings_are_not_chosen_between(tmp_path: Path, pattern: str, endings: tuple[str, str]) -> None:
    for ending in endings:
        (tmp_path / f"a{ending}").touch()
    with pytest.raises(FormatError, match="could both be the landmarks"):
        _source(pattern or str(tmp_path)).path(tmp_path, {"sample": "a"})
    named = _source(f"{{sample}}{endings[1]}")
    assert named.path(tmp_path, {"sample": "a"}) == tmp_path / f"a{endings[1]}"


def test_capitals_are_an_ending_too(tmp_path: Path) -> None:
    (tmp_path / "a.CSV").write_text("1,2,3\n")
    assert _source(str(tmp_path)).path(tmp_path, {"sample": "a"}) is not None


def test_what_is_looked_for_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "odd [name]").mkdir()
    names = {"sample": "a/b"}
    wanted = _source(str(tmp_path / "odd [name]")).wanted(Path("elsewhere"), names)
    assert wanted.startswith(f"{tmp_path}/odd [name]/a/b with one of .csv, ")
    assert _source("{sample}_m.npy").wanted(tmp_path, names) == f"{tmp_path}/a/b_m.npy"


def test_an_unknown_name_in_braces_is_answered_with_the_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no \{subjekt\} here; there are \{sample\}"):
        _source("{subjekt}.npy").read(tmp_path, {"sample": "a"}, WHOSE)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="no such folder or file"):
        parse_source("nowhere")


def test_more_indices_than_a_file_name_has_letters() -> None:
    text = ",".join(str(10_000 + i) for i in range(68))
    found = parse_source(text)
    assert found is not None
    assert found.indices == tuple(range(10_000, 10_068))
    assert Choice(landmarks=text, pred_landmarks=text).with_absolute_paths(()).landmarks == text
    with pytest.raises(UsageError, match="no such folder or file"):
        parse_source("x" * 300)
