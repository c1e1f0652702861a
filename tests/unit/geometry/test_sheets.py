"""Meshes whose triangles are there twice: the outer side is found, whatever their order."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.geometry.sheets import one_sided
from fsbench.io import read_mesh
from tests.heads import face_of, head
from tests.shapes import plane

HEAD = head(30, 40)
FACE = face_of(HEAD)


def _corners(mesh: Mesh) -> list[tuple[float, ...]]:
    """The triangles by the places of their corners, each from its first corner on, in an order of their own."""
    triangles = []
    for corners in mesh.vertices[mesh.faces]:
        places = [tuple(place) for place in corners.tolist()]
        first = places.index(min(places))
        triangles.append((*places[first], *places[(first + 1) % 3], *places[(first + 2) % 3]))
    return sorted(triangles)


def _doubled(mesh: Mesh, seed: int, own_vertices: bool) -> Mesh:
    """Every triangle with its back, in a random order, each beginning at a random corner."""
    rng = np.random.default_rng(seed)
    backs = mesh.faces[:, ::-1] + (mesh.n_vertices if own_vertices else 0)
    faces = rng.permutation(np.concatenate([mesh.faces, backs]))
    turned = np.array([np.roll(face, rng.integers(3)) for face in faces])
    return Mesh(np.concatenate([mesh.vertices] * (2 if own_vertices else 1)), turned)


@pytest.mark.parametrize("own_vertices", [False, True])
@pytest.mark.parametrize("mesh", [HEAD, FACE], ids=["closed", "open"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_outer_side_is_left(mesh: Mesh, own_vertices: bool, seed: int) -> None:
    assert _corners(one_sided(_doubled(mesh, seed, own_vertices))) == _corners(mesh)


def test_triangles_that_are_there_once_say_which_side_of_the_others_counts() -> None:
    inside_out = HEAD.faces[:, ::-1]
    backs = inside_out[::3, ::-1]
    for faces in ([inside_out, backs], [backs, inside_out]):
        found = one_sided(Mesh(HEAD.vertices, np.concatenate(faces)))
        assert _corners(found) == _corners(Mesh(HEAD.vertices, inside_out))


def test_a_healthy_mesh_is_left_as_it_is_and_a_copy_is_left_out() -> None:
    assert one_sided(HEAD) is HEAD
    inwards = Mesh(HEAD.vertices, HEAD.faces[:, ::-1])
    assert one_sided(inwards) is inwards
    assert one_sided(Mesh(np.eye(3))).n_faces == 0
    copied = one_sided(Mesh(HEAD.vertices, np.concatenate([HEAD.faces, np.roll(HEAD.faces, 1, axis=1)])))
    np.testing.assert_array_equal(copied.faces, HEAD.faces)


def test_points_and_segments_are_no_sides() -> None:
    flat = Mesh(plane().vertices, [[0, 1, 2], [0, 0, 1], [0, 1, 0], [2, 2, 2], [2, 2, 2]])
    assert one_sided(flat) is flat


def test_the_case_that_was_found(shared: Path) -> None:
    double, single = (read_mesh(shared / "cases" / f"grid{end}.obj") for end in ("_double_sided", ""))
    assert _corners(one_sided(double)) == _corners(single)
