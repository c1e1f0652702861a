"""Vertices by their numbers in a file, found again in a mesh that was made of it."""

from pathlib import Path

import pytest

from fsbench.core.errors import FormatError
from fsbench.io import read_mesh, vertex_places

# Vertices 0 and 3 are used by no face.
OBJ = "v 9 9 9\nv 0 0 0\nv 1 0 0\nv 8 8 8\nv 0 1 0\nf 2 3 5\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.obj").write_text(OBJ)
    return tmp_path / "a.obj"


def test_places_are_those_of_the_mesh_that_is_read(path: Path) -> None:
    mesh = read_mesh(path)
    places = vertex_places(path, (4, 1, 2), mesh.n_vertices)
    assert places == (2, 0, 1)
    assert mesh.vertices[list(places)].tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_of_a_mesh_with_all_vertices_they_are_the_numbers(path: Path) -> None:
    assert vertex_places(path, (0, 4), read_mesh(path, every_vertex=True).n_vertices) == (0, 4)


@pytest.mark.parametrize(
    ("numbers", "n_vertices", "said"),
    [
        ((1, 3), 3, "vertex 3, counted from 0, is a landmark, and no face uses it"),
        ((1, 5), 3, "indices go to 5"),
        ((1, 2), 4, "has 5 vertices and became a mesh of 4"),
    ],
)
def test_what_cannot_be_followed_is_refused(path: Path, numbers: tuple[int, ...], n_vertices: int, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        vertex_places(path, numbers, n_vertices)
