"""SVFR's metrics on shapes whose answers are known in closed form."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.core.errors import AlignmentError, MeshError, MetricError
from fsbench.core.mesh import Mesh
from fsbench.geometry.nearest import NearestSurface
from fsbench.metrics.cloud_normals import cloud_normals
from fsbench.protocols.svfr.protocol import Svfr, cloud_to_mesh
from tests.heads import head
from tests.shapes import ellipsoid, plane
from tests.svfr_zips import SEVEN

ROUNDING = 1e-9
HEAD = head(60, 80)
AXIS, FACE_DIAGONAL, DIAGONAL = np.eye(3)[2], np.array([0, 1, 1]) / np.sqrt(2), np.ones(3) / np.sqrt(3)


def _planes(direction: np.ndarray, mm: float) -> dict[str, float]:
    """A cloud on a plane, at a distance along its normal from a larger one."""
    turn = Rotation.align_vectors([direction], [[0, 0, 1]])[0].as_matrix()
    grid = np.stack(np.meshgrid(np.arange(-5.0, 6), np.arange(-5.0, 6)), -1).reshape(-1, 2)
    points = np.column_stack([grid, np.full(len(grid), mm)]) @ turn.T
    surface = NearestSurface(Mesh(plane().vertices @ turn.T, plane().faces))
    return cloud_to_mesh(points, np.tile(direction, (len(points), 1)), surface, surface.closest(points))


@pytest.mark.parametrize(
    ("direction", "factor"), [(AXIS, 1.0), (FACE_DIAGONAL, np.sqrt(2)), (DIAGONAL, np.sqrt(3))], ids=["z", "yz", "xyz"]
)
@pytest.mark.parametrize("mm", [0.7, 3.0, 20.0])
def test_of_parallel_planes_l2_is_their_distance_and_l1_adds_up_its_parts(
    direction: np.ndarray, factor: float, mm: float
) -> None:
    found = _planes(direction, mm)
    assert found["l2_mm"] == pytest.approx(mm, abs=ROUNDING)
    assert found["l1_mm"] == pytest.approx(factor * mm, abs=ROUNDING)
    assert found["normal_abs_cos"] == pytest.approx(1.0, abs=ROUNDING)
    limits = (1, 2.5, 5, 10)
    recalls = [found[f"recall_{name}mm"] for name in ("1", "2_5", "5", "10")]
    assert recalls == [float(mm <= limit) for limit in limits]


def test_a_distance_at_the_limit_is_recalled() -> None:
    assert _planes(AXIS, 2.5)["recall_2_5mm"] == 1.0


def test_recall_is_the_share_of_points_within() -> None:
    surface = NearestSurface(plane())
    points = np.array([[0, 0, z] for z in (0.5, -0.9, 2.0, -4.0, 7.0, 11.0, 30.0, 1.0)])
    found = cloud_to_mesh(points, np.tile([0.0, 0, 1], (8, 1)), surface, surface.closest(points))
    assert [found[f"recall_{name}mm"] for name in ("1", "2_5", "5", "10")] == [3 / 8, 4 / 8, 5 / 8, 6 / 8]


@pytest.mark.parametrize(("deg", "expected"), [(0, 1.0), (60, 0.5), (90, 0.0), (120, 0.5), (180, 1.0)])
def test_normals_count_by_their_angle_whichever_way_they_look(deg: float, expected: float) -> None:
    surface = NearestSurface(plane())
    points = np.zeros((5, 3)) + np.arange(5)[:, None] * [1.0, 0.5, 0]
    tilted = [np.sin(np.radians(deg)), 0, np.cos(np.radians(deg))]
    found = cloud_to_mesh(points, np.tile(tilted, (5, 1)), surface, surface.closest(points))
    assert found["normal_abs_cos"] == pytest.approx(expected, abs=ROUNDING)


def test_without_a_normal_there_is_no_normal_consistency() -> None:
    surface, points = NearestSurface(plane()), np.zeros((3, 3))
    with pytest.raises(MetricError, match="normal on both sides"):
        cloud_to_mesh(points, np.zeros((3, 3)), surface, surface.closest(points))


def test_offsets_in_all_directions_have_an_l1_of_one_and_a_half_times_l2() -> None:
    sphere = ellipsoid((100.0, 100.0, 100.0), 120, 160)
    # Points spread evenly, from the nearest one of a sphere that is 3 mm smaller.
    i = np.arange(4000) + 0.5
    polar, around = np.arccos(1 - 2 * i / len(i)), np.pi * (1 + 5**0.5) * i
    directions = np.stack([np.sin(polar) * np.cos(around), np.cos(polar), np.sin(polar) * np.sin(around)], 1)
    surface = NearestSurface(sphere)
    points = 103 * directions
    found = cloud_to_mesh(points, directions, surface, surface.closest(points))
    # Facets of the sphere lie up to 0.08 mm inside.
    assert found["l2_mm"] == pytest.approx(3.0, abs=0.08)
    assert found["l1_mm"] / found["l2_mm"] == pytest.approx(1.5, abs=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_l1_is_never_below_l2_nor_above_root_three_times_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    surface, points = NearestSurface(HEAD), HEAD.vertices + rng.normal(size=HEAD.vertices.shape) * 4
    found = cloud_to_mesh(points, HEAD.vertices, surface, surface.closest(points))
    assert found["l2_mm"] <= found["l1_mm"] <= np.sqrt(3) * found["l2_mm"]


def test_a_clouds_normals_are_those_of_its_surface() -> None:
    sphere = ellipsoid((80.0, 80.0, 80.0), 60, 90).vertices
    cosines = np.abs((cloud_normals(sphere) * sphere / 80.0).sum(1))
    # Sixteen neighbours span some 10 mm of a radius of 80, and lie askew near the poles.
    assert np.median(cosines) > 0.999 and cosines.min() > 0.98


def test_points_on_a_line_have_no_normal_and_few_points_are_refused() -> None:
    line = np.arange(20.0)[:, None] * [1, 2, 3]
    assert not cloud_normals(line, 5).any() and not cloud_normals(np.zeros((20, 3)), 5).any()
    with pytest.raises(MetricError, match="a cloud of 20 points; normals take at least 21"):
        cloud_normals(line, 21)


def test_a_cloud_and_the_mesh_that_it_lies_on_score_alike() -> None:
    """Normals of a cloud are estimated, all else is equal."""
    mm, worse = 1.5, HEAD.vertices * 1.0
    worse[:, 2] += 1.5 * np.sin(worse[:, 0] / 9)
    scores = [
        Svfr().prepare(Mesh(HEAD.vertices, faces), SEVEN).compare(worse, HEAD.faces, SEVEN)
        for faces in ((), HEAD.faces)
    ]
    cloud, mesh = scores
    assert (cloud.l1_mm, cloud.l2_mm, cloud.recall_1mm) == (mesh.l1_mm, mesh.l2_mm, mesh.recall_1mm)
    assert cloud.normal_abs_cos == pytest.approx(mesh.normal_abs_cos, abs=0.02)
    assert 0.1 < cloud.l2_mm < mm


@pytest.mark.parametrize(("unit", "mm"), [("mm", 1.0), ("cm", 10.0), ("m", 1000.0)])
def test_units_of_both_sides_are_found(unit: str, mm: float) -> None:
    prepared = Svfr(scale="metric").prepare(Mesh(HEAD.vertices / mm), SEVEN / mm)
    scores = prepared.compare(1.04 * HEAD.vertices / 10, HEAD.faces, 1.04 * SEVEN / 10)
    assert (scores.ref_mm_per_unit, scores.mm_per_unit) == (mm, 10.0)
    fitted = (
        Svfr().prepare(Mesh(HEAD.vertices / mm), SEVEN / mm).compare(1.04 * HEAD.vertices, HEAD.faces, 1.04 * SEVEN)
    )
    assert fitted.mm_per_unit == pytest.approx(1 / 1.04) and fitted.l2_mm < 1e-6 < 1.0 < scores.l2_mm


def test_what_is_refused() -> None:
    prepared = Svfr().prepare(Mesh(HEAD.vertices), SEVEN)
    with pytest.raises(AlignmentError, match="left and right swapped"):
        prepared.compare(HEAD.vertices * [-1, 1, 1], HEAD.faces, SEVEN * [-1, 1, 1])
    with pytest.raises(AlignmentError, match=r"predicted landmarks have shape \(3, 7\), expected \(7, 3\)"):
        prepared.compare(HEAD.vertices, HEAD.faces, SEVEN.T)
    with pytest.raises(MeshError, match="no faces"):
        prepared.compare(HEAD.vertices, (), SEVEN)
    with pytest.raises(AlignmentError, match="cloud landmarks have shape"):
        Svfr().prepare(HEAD, SEVEN[:6])
    with pytest.raises(AlignmentError, match="normal_neighbours is 2"):
        Svfr(normal_neighbours=2)


def test_a_prediction_of_half_a_face_is_suspicious() -> None:
    half = Mesh(HEAD.vertices, HEAD.faces[(HEAD.vertices[HEAD.faces][:, :, 0] > 0).all(1)]).without_unused()
    scores = Svfr().prepare(Mesh(HEAD.vertices), SEVEN).compare(half.vertices, half.faces, SEVEN)
    assert scores.suspicious == 1 and "counterpart" in " ".join(scores.doubts)


@pytest.mark.parametrize("far", [1e39, 1e160, 1e300])
def test_a_damaged_coordinate_of_a_cloud_or_a_prediction_is_refused(far: float) -> None:
    cloud, vertices = HEAD.vertices.copy(), HEAD.vertices.copy()
    cloud[0] = vertices[HEAD.faces[3, 0]] = [far, 0, 0]
    with pytest.raises(MeshError, match="is the file damaged"):
        Svfr(reference_unit="mm").prepare(Mesh(cloud), SEVEN)
    with pytest.raises(MeshError, match="is the file damaged"):
        Svfr().prepare(Mesh(HEAD.vertices), SEVEN).compare(vertices, HEAD.faces, SEVEN)
