"""What is written is read back, by us and by others."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.io import read_mesh, write_obj, write_ply

BALL = trimesh.creation.icosphere(2)
MESH = Mesh(np.asarray(BALL.vertices), np.asarray(BALL.faces))


@pytest.mark.parametrize("decimals", [3, 6, 9])
def test_obj_round_trip(tmp_path: Path, decimals: int):
    write_obj(tmp_path / "a.obj", MESH, decimals)
    found = read_mesh(tmp_path / "a.obj")
    # Half a unit of the last digit, and the last bits of the double that holds it.
    np.testing.assert_allclose(found.vertices, MESH.vertices, rtol=0, atol=0.5 * 10.0**-decimals + 1e-15)
    np.testing.assert_array_equal(found.faces, MESH.faces)


def test_obj_text(tmp_path: Path):
    write_obj(tmp_path / "a.obj", Mesh([[0, -1.5, 2], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]), decimals=2)
    assert (tmp_path / "a.obj").read_bytes() == b"v 0.00 -1.50 2.00\nv 1.00 0.00 0.00\nv 0.00 1.00 0.00\nf 1 2 3\n"


def test_ply_round_trip_is_exact(tmp_path: Path):
    write_ply(tmp_path / "a.ply", MESH)
    found = read_mesh(tmp_path / "a.ply")
    np.testing.assert_array_equal(found.vertices, MESH.vertices)
    np.testing.assert_array_equal(found.faces, MESH.faces)


@pytest.mark.parametrize("n_channels", [3, 4])
def test_colours_and_quality_are_what_others_read(tmp_path: Path, n_channels: int):
    colors = np.random.default_rng(0).integers(0, 256, (MESH.n_vertices, n_channels), np.uint8)
    quality = np.linspace(0, 5, MESH.n_vertices)
    write_ply(tmp_path / "a.ply", MESH, colors, quality)
    other = trimesh.load(tmp_path / "a.ply", process=False)
    np.testing.assert_array_equal(other.visual.vertex_colors[:, :n_channels], colors)
    vertex = other.metadata["_ply_raw"]["vertex"]["data"]
    np.testing.assert_array_equal(np.ravel(vertex["quality"]), quality.astype(np.float32))
    np.testing.assert_array_equal(read_mesh(tmp_path / "a.ply").vertices, MESH.vertices)


def test_point_clouds(tmp_path: Path):
    cloud = Mesh(MESH.vertices)
    for name, write in (("a.ply", write_ply), ("a.obj", write_obj)):
        write(tmp_path / name, cloud)
        found = read_mesh(tmp_path / name)
        assert (found.n_vertices, found.n_faces) == (cloud.n_vertices, 0)


def test_wrong_arguments_are_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"expected 0\.\.255"):
        write_ply(tmp_path / "a.ply", MESH, colors=np.full((MESH.n_vertices, 3), 256))
    with pytest.raises(UsageError, match=r"expected 0\.\.255"):
        write_ply(tmp_path / "a.ply", MESH, colors=np.zeros((MESH.n_vertices, 3)))
    with pytest.raises(UsageError, match="quality has shape"):
        write_ply(tmp_path / "a.ply", MESH, quality=np.zeros(3))
    for name, write in (("a.ply", write_ply), ("a.obj", write_obj)):
        with pytest.raises(UsageError, match="cannot be written"):
            write(tmp_path / "none" / name, MESH)


def test_unknown_endings_are_refused(tmp_path: Path):
    with pytest.raises(
        FormatError, match=r"'.glb' is no mesh format that is read; expected one of .obj, .off, .ply, .stl; export"
    ):
        read_mesh(tmp_path / "a.glb")


def test_capital_endings_are_known(tmp_path: Path):
    write_obj(tmp_path / "a.OBJ", MESH)
    assert read_mesh(tmp_path / "a.OBJ").n_faces == MESH.n_faces
