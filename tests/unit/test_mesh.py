import numpy as np
import pytest

from fsbench.errors import MeshError
from fsbench.mesh import Mesh
from tests.shapes import ellipsoid, plane


def test_arrays_are_read_only_and_the_callers_stay_his() -> None:
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    mesh = Mesh(vertices, [[0, 1, 2]])
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0] = 1
    vertices[0] = 0.5
    assert np.shares_memory(mesh.vertices, vertices)


def test_faces_are_counted_from_any_whole_type() -> None:
    for kind in (np.int32, np.uint16, np.int64):
        assert Mesh(np.eye(3), np.array([[0, 1, 2]], kind)).faces.dtype == np.int64


def test_a_point_cloud_is_a_mesh_without_faces() -> None:
    assert Mesh(np.eye(3)).faces.shape == (0, 3)


@pytest.mark.parametrize("index", [-1, 3, 2**40])
def test_an_index_out_of_range_is_named(index: int) -> None:
    with pytest.raises(MeshError, match=rf"face 1 is \[0, 1, {index}\]"):
        Mesh(np.eye(3), [[0, 1, 2], [0, 1, index]])


def test_the_first_bad_vertex_is_named() -> None:
    with pytest.raises(MeshError, match="1 of 3 vertices are NaN or infinite, the first is vertex 2"):
        Mesh([[0, 0, 0], [1, 0, 0], [np.inf, 0, 0]], [[0, 1, 2]])


def test_normals_follow_the_winding() -> None:
    np.testing.assert_allclose(plane().face_normals(), [[0, 0, 1], [0, 0, 1]])
    head = ellipsoid()
    outward = (head.face_normals() * head.vertices[head.faces].mean(1)).sum(1)
    assert (outward > 0).all()


def test_a_triangle_without_area_has_no_normal() -> None:
    np.testing.assert_array_equal(Mesh(np.zeros((3, 3)), [[0, 1, 2]]).face_normals(), [[0, 0, 0]])
