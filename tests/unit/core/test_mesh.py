import numpy as np
import pytest

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from tests.shapes import ellipsoid, plane


def test_arrays_are_read_only_and_the_callers_stay_his() -> None:
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    mesh = Mesh(vertices, [[0, 1, 2]])
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0] = 1
    vertices[0] = 0.5
    assert np.shares_memory(mesh.vertices, vertices)


def test_rows_lie_one_after_the_other_whatever_the_order_of_the_array() -> None:
    vertices, faces = np.arange(12.0).reshape(3, 4).T, np.array([[0, 1], [1, 2], [2, 3]]).T
    mesh = Mesh(vertices, faces)
    assert mesh.vertices.flags.c_contiguous and mesh.faces.flags.c_contiguous
    assert (mesh.vertices == vertices).all() and (mesh.faces == faces).all()


def test_faces_are_counted_from_any_whole_type() -> None:
    for kind in (np.int32, np.uint16, np.int64):
        assert Mesh(np.eye(3), np.array([[0, 1, 2]], kind)).faces.dtype == np.int64


def test_a_point_cloud_is_a_mesh_without_faces() -> None:
    assert Mesh(np.eye(3)).faces.shape == (0, 3)


@pytest.mark.parametrize("index", [-1, 3, 2**40])
def test_an_index_out_of_range_is_named(index: int) -> None:
    with pytest.raises(MeshError, match=rf"face 1 is \[0, 1, {index}\]"):
        Mesh(np.eye(3), [[0, 1, 2], [0, 1, index]])


def test_faces_that_count_from_1_are_known() -> None:
    with pytest.raises(MeshError, match="do the faces count from 1"):
        Mesh(np.eye(3), [[1, 2, 3]])


@pytest.mark.parametrize("kind", [np.complex128, np.bool_, np.str_, object, "M8[s]"])
def test_what_is_no_real_number_is_no_coordinate(kind) -> None:
    with pytest.raises(MeshError, match=r"vertices are of type .*, expected real numbers"):
        Mesh(np.eye(3).astype(np.int64).astype(kind), [[0, 1, 2]])


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int8, np.uint64, ">f8"])
def test_all_real_numbers_are_coordinates(kind) -> None:
    mesh = Mesh(np.eye(3).astype(kind), [[0, 1, 2]])
    assert mesh.vertices.dtype == np.float64
    np.testing.assert_array_equal(mesh.vertices, np.eye(3))


def test_lists_of_unequal_length_are_no_array() -> None:
    with pytest.raises(MeshError, match="vertices are no array"):
        Mesh([[0, 0, 0], [1]])
    with pytest.raises(MeshError, match="faces are no array"):
        Mesh(np.eye(3), [[0, 1, 2], [0]])


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


def test_other_places_of_the_vertices_are_checked_like_a_new_mesh() -> None:
    mesh = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    moved = mesh.with_vertices(np.arange(9).reshape(3, 3))
    assert moved.vertices.dtype == np.float64 and not moved.vertices.flags.writeable
    assert moved.faces is mesh.faces and moved.vertices[2].tolist() == [6, 7, 8]
    with pytest.raises(MeshError, match="4 vertices, and triangles between 3"):
        mesh.with_vertices(np.zeros((4, 3)))
    with pytest.raises(MeshError, match="the first is vertex 1"):
        mesh.with_vertices([[0, 0, 0], [np.nan, 0, 0], [0, 1, 0]])


def test_normals_of_some_faces_are_those_of_all() -> None:
    mesh = Mesh(np.random.default_rng(0).normal(size=(9, 3)), np.arange(9).reshape(3, 3))
    assert np.array_equal(mesh.face_normals(np.array([2, 0, 2])), mesh.face_normals()[[2, 0, 2]])
    assert mesh.face_normals(np.array([], np.int64)).shape == (0, 3)
    for wrong in (3, -1):
        with pytest.raises(IndexError, match="there are 3"):
            mesh.face_normals(np.array([0, wrong]))
    for no_numbers in (np.array([True, False, True]), np.array([1.9]), np.array([[0], [1]])):
        with pytest.raises(IndexError, match="expected whole"):
            mesh.face_normals(no_numbers)
