import signal
import subprocess
import sys

import numpy as np
import pytest

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry import rays as surface
from fsbench.geometry.rays import NO_FACE, Surface
from tests.shapes import ellipsoid, plane

SINGLE = 1e-4  # mm; single precision at a few hundred mm


def _two_planes() -> Mesh:
    """One that faces +z at z = 0, and one that faces -z at z = 10."""
    front, back = plane(), plane(z=10.0)
    return Mesh(np.concatenate([front.vertices, back.vertices]), np.concatenate([front.faces, back.faces[:, ::-1] + 4]))


def test_the_first_hit_is_the_nearest_whichever_way_it_faces() -> None:
    hits = Surface(_two_planes()).first_hits(np.array([[1.0, 2.0, 50.0]]), np.array([[0, 0, -1.0]]))
    assert hits.distances[0] == pytest.approx(40.0, abs=SINGLE)
    assert hits.faces[0] in (2, 3)


def test_the_first_front_hit_passes_what_faces_away() -> None:
    hits = Surface(_two_planes()).first_front_hits(np.array([[1.0, 2.0, 50.0]]), np.array([[0, 0, -1.0]]))
    assert hits.distances[0] == pytest.approx(50.0, abs=SINGLE)
    assert hits.faces[0] in (0, 1)


def test_a_ray_that_meets_only_backs_hits_nothing() -> None:
    away = Mesh(plane().vertices, plane().faces[:, ::-1])
    hits = Surface(away).first_front_hits(np.array([[1.0, 2.0, 50.0]]), np.array([[0, 0, -1.0]]))
    assert hits.faces[0] == NO_FACE and np.isinf(hits.distances[0]) and not hits.found[0]


def test_distances_count_in_lengths_of_the_direction() -> None:
    hits = Surface(plane()).first_hits(np.array([[1.0, 2.0, 50.0]]), np.array([[0, 0, -5.0]]))
    assert hits.distances[0] == pytest.approx(10.0, abs=SINGLE)


def test_one_origin_serves_many_directions() -> None:
    hits = Surface(plane()).first_hits(np.array([[0, 0.5, 50.0]]), np.array([[0, 0, -1.0], [0, 0, 1.0]]))
    np.testing.assert_array_equal(hits.found, [True, False])


def test_the_closest_point_of_a_plane_edge_and_corner() -> None:
    closest = Surface(plane(100.0)).closest(np.array([[10.0, 20, 30], [130, 0.5, 40], [130, 140, 0]]))
    np.testing.assert_allclose(closest.distances, [30, 50, 50], atol=SINGLE)
    np.testing.assert_allclose(closest.points, [[10, 20, 0], [100, 0.5, 0], [100, 100, 0]], atol=SINGLE)


def test_the_closest_point_of_an_ellipsoid_agrees_with_brute_force() -> None:
    head = ellipsoid(n_rows=12, n_columns=16)
    points = np.random.default_rng(0).normal(0, 80, (200, 3))
    ours = Surface(head).closest(points).distances
    fine = head.vertices[head.faces]
    weights = np.array([(i, j, 40 - i - j) for i in range(41) for j in range(41 - i)]) / 40
    cloud = np.einsum("wk,fkd->fwd", weights, fine).reshape(-1, 3)
    slow = np.array([np.linalg.norm(cloud - point, axis=1).min() for point in points])
    # The cloud is a part of the surface, its points lie at most 1 mm from any other of it.
    assert (ours <= slow + SINGLE).all()
    assert (slow - ours).max() < 1.0


def test_a_point_cloud_has_no_surface() -> None:
    with pytest.raises(MeshError, match="no faces"):
        Surface(Mesh(np.eye(3)))


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_waits_for_the_library_to_be_loaded() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), surface._interrupts_later():
        signal.raise_signal(signal.SIGINT)
        steps.append("to the end")
    assert steps == ["to the end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_server_of_workers_leaves_ctrl_c_to_others() -> None:
    code = "import fsbench.scoring.preload, signal; signal.raise_signal(signal.SIGINT)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    # The first process after an installation says that it compiles.
    said = [line for line in done.stderr.splitlines() if not line.startswith("compiling the inner loops")]
    assert (done.returncode, said) == (0, [])
