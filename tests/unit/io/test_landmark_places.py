"""Landmarks in their three forms, FLAME's embeddings, and the shipped topologies."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.io import write_obj
from fsbench.io.landmark_places import Places, read_places, write_places
from fsbench.io.landmarks import read_landmarks_or_numbers
from fsbench.io.topologies import topologies, topology_called, topology_of

_TETRA = Mesh([[0, 0, 0], [4, 0, 0], [0, 4, 0], [0, 0, 4]], [[0, 1, 2], [0, 1, 3]])


@pytest.fixture
def tetra(tmp_path: Path) -> Path:
    write_obj(tmp_path / "tetra.obj", _TETRA)
    return tmp_path / "tetra.obj"


def _written(tmp_path: Path, name: str, content: object) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_places_on_triangles_are_weighted_means_of_the_corners(tmp_path: Path, tetra: Path) -> None:
    for name in ("marks.json", "marks.txt"):
        places = read_places(_written(tmp_path, name, [[1, 0.25, 0.5], [0, 0.0, 0.0]]))
        assert places.form == "triangles" and len(places) == 2
        assert places.on(tetra).tolist() == [[2.0, 0.0, 1.0], [0.0, 4.0, 0.0]]


def test_numbers_and_points_are_read_as_everywhere_else(tmp_path: Path, tetra: Path) -> None:
    numbers = read_places(_written(tmp_path, "numbers.json", [3, 1]))
    points = read_places(_written(tmp_path, "points.json", [[0.5, 1, 2], [-3, 0, 0]]))
    assert numbers.form == "vertices" and numbers.on(tetra).tolist() == [[0.0, 0.0, 4.0], [4.0, 0.0, 0.0]]
    assert points.form == "points" and points.on(tetra).tolist() == [[0.5, 1.0, 2.0], [-3.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    "places",
    [
        Places((3, 1, 2)),
        Places(triangles=np.array([1, 0]), weights=np.array([[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])),
        Places(points=np.array([[0.5, 1.25, -2.0], [100.0, 0.0, 1.0]])),
    ],
    ids=["vertices", "triangles", "points"],
)
def test_what_is_written_is_read_again(tmp_path: Path, tetra: Path, places: Places) -> None:
    write_places(tmp_path / "out.json", places)
    again = read_places(tmp_path / "out.json")
    assert again.form == places.form and np.array_equal(again.on(tetra), places.on(tetra))
    assert np.array_equal(places.take([1, 0]).on(tetra), places.on(tetra)[[1, 0]])


def test_vertex_numbers_are_what_pred_landmarks_reads(tmp_path: Path) -> None:
    write_places(tmp_path / "out.json", Places((3, 1, 2)))
    assert read_landmarks_or_numbers(tmp_path / "out.json") == (3, 1, 2)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("flame.pkl", ("lmk_face_idx", "lmk_b_coords")),
        ("deca.npy", ("static_lmk_faces_idx", "static_lmk_bary_coords")),
        ("full.pickle", ("full_lmk_faces_idx", "full_lmk_bary_coords")),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_an_embedding_of_flame_is_read_without_running_it(
    tmp_path: Path, tetra: Path, name: str, keys: tuple[str, str], protocol: int
) -> None:
    held = {keys[0]: np.array([[1, 0]], np.uint32), keys[1]: np.array([[[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]])}
    if name.endswith(".npy"):
        np.save(tmp_path / name, np.array(held, object), allow_pickle=True)
    else:
        (tmp_path / name).write_bytes(pickle.dumps(held, protocol))
    places = read_places(tmp_path / name)
    assert np.allclose(places.on(tetra), [[2.0, 0.0, 1.0], [0.0, 4.0, 0.0]], rtol=0, atol=1e-12)


_FLAT = np.array([0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pkl", b"cos\nsystem\n(S'true'\ntR.", "the pickle names os.system, which is refused: "),
        ("a.pkl", pickle.dumps([1]), "holds a list, expected lmk_face_idx with lmk_b_coords or "),
        ("a.pkl", pickle.dumps({"x": 1}), "holds a dict of x, expected lmk_face_idx with "),
        ("a.pkl", pickle.dumps({"lmk_face_idx": "no", "lmk_b_coords": _FLAT}), "'lmk_face_idx' is no array of numbers"),
        (
            "a.pkl",
            pickle.dumps({"lmk_face_idx": np.array([1, 2]), "lmk_b_coords": _FLAT}),
            "has 2 triangles and weights of shape (1, 3), expected (n, 3)",
        ),
        (
            "a.pkl",
            pickle.dumps({"lmk_face_idx": np.array([7]), "lmk_b_coords": 2 * _FLAT}),
            "landmark 1 is triangle 7 with [1.0, 0.5, 0.5]",
        ),
        (
            "a.pkl",
            pickle.dumps({"lmk_face_idx": np.array([7]), "lmk_b_coords": np.nan * _FLAT}),
            "landmark 1 is triangle 7 with [nan, nan, nan]",
        ),
        ("a.txt", [[0.5, 1, 1]], "a JSON list in a .txt should be of [triangle, w1, w2]; is it another .json?"),
        ("a.doc", b"1", "landmarks are read from "),
        ("a.json", [[1, 2]], "landmark 1 is not [x, y, z]"),
    ],
)
def test_what_is_no_landmarks_is_refused_in_words(tmp_path: Path, name: str, content: object, message: str) -> None:
    path = _written(tmp_path, name, content)
    with pytest.raises(FormatError) as error:
        read_places(path)
    assert str(error.value).startswith(f"{path}: {message}")


def test_a_triangle_that_a_mesh_has_not_is_named(tmp_path: Path, tetra: Path) -> None:
    places = read_places(_written(tmp_path, "marks.json", [[5, 0.25, 0.5]]))
    with pytest.raises(FormatError, match=r"tetra.obj: has 2 triangles, the landmarks are on triangles up to 5: is it"):
        places.on(tetra)


@pytest.mark.parametrize("name", list(topologies()))
def test_a_topology_names_vertices_that_it_has_each_once_and_its_source(name: str) -> None:
    one = topology_called(name)
    assert len(one.numbers) == len(one.rows) == len(set(one.numbers))
    assert min(one.numbers) >= 0 and max(one.numbers) < min(one.vertices)
    assert list(one.rows) == sorted(set(one.rows)) and set(one.rows) <= set(range(68))
    assert one.source and len(one.triangles) in (0, len(one.vertices))
    assert all(topology_of(count) is one for count in one.vertices)


def test_facts_of_the_sources_hold() -> None:
    # FaceScape's notes give the nose tip; eos' independent mapping has these two of BFM 2009.
    assert topologies()["facescape-tu"].numbers[30] == 1855
    assert [topologies()["bfm2009"].numbers[row] for row in (30, 51, 66)] == [8319, 8344, 8366]


def test_an_unknown_topology_brings_the_nearest_name() -> None:
    with pytest.raises(UsageError) as error:
        topology_called("flam")
    known = "flame, bfm2009, bfm2017, bfm-m3dfb, ict, facescape-tu"
    assert str(error.value) == f"flam: no such topology; did you mean flame? There are {known}"
    assert topology_of(5022) is None
