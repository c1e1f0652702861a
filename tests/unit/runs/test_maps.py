"""Error maps on disk: small, whole, of the right sample, and nothing that a stranger's file can break."""

import json
import zlib
from types import SimpleNamespace

import numpy as np
import pytest

from fsbench.core.errors import FormatError
from fsbench.core.mesh import Mesh
from fsbench.metrics.cylinder import SIZE, QuadMap
from fsbench.runs.map_from_measurement import encoded_map_of
from fsbench.runs.maps import (
    LARGEST_BYTES,
    GridMap,
    SurfaceMap,
    decode,
    encode,
    has_map,
    read_map,
    remove_map,
    write_map,
)

SCORES = {"unknown": float("nan"), "cd_mm": 1.25}
STEP_MM = 0.01
HALF_STEP_MM = 0.5 * STEP_MM + 1e-9
"""Rounding to steps, and that of the sum."""


def grid_map(rough_mm: float = 0.0, share: float = 0.3) -> GridMap:
    """A head of 100 mm radius with a face of that share of its map, the prediction up to 4 mm off."""
    rng = np.random.default_rng(3)
    rows, columns = np.indices((SIZE, SIZE))
    covered = (abs(rows - 128) < 128 * share**0.5) & (abs(columns - 128) < 127 * share**0.5)
    ref = np.where(covered, 100 + 5 * np.sin(rows / 20) + rough_mm * rng.normal(size=(SIZE, SIZE)), 0.0)
    pred = np.where(covered, ref + 4 * np.sin(columns / 15), 0.0)
    quads = QuadMap.of(pred)
    return GridMap(ref, pred, quads.is_open, quads.corners, (pred - ref)[quads.corners])


def test_a_surface_near_the_axis_is_read_back():
    found = grid_map()
    rows, columns = np.indices((SIZE, SIZE))
    # The throat: less than 15 mm from the axis, beside pixels without a surface.
    thin = (abs(rows - 230) < 8) & (abs(columns - 128) < 40)
    ref, pred = (
        np.where(thin, 6.0 + add, radius) for add, radius in ((0, found.radius_ref_mm), (1, found.radius_pred_mm))
    )
    quads = QuadMap.of(pred)
    assert (quads.corners & (ref == 0)).any()
    near = GridMap(ref, pred, quads.is_open, quads.corners, (pred - ref)[quads.corners])
    back = decode(encode(near, SCORES))[0]
    assert isinstance(back, GridMap)
    assert np.array_equal(back.corners, near.corners) and np.array_equal(back.is_open, near.is_open)
    np.testing.assert_allclose(back.radius_pred_mm, near.radius_pred_mm, atol=2 * STEP_MM)
    np.testing.assert_allclose(back.distances_mm, near.distances_mm, atol=STEP_MM)


def sphere(n: int) -> Mesh:
    """Of 90 mm, with about n vertices."""
    side = int(n**0.5)
    turn, rise = np.meshgrid(np.linspace(0, 2, side), np.linspace(-1, 1, side), indexing="ij")
    places = np.stack([np.cos(turn) * np.cos(rise), np.sin(rise), np.sin(turn) * np.cos(rise)], -1).reshape(-1, 3)
    i = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    faces = np.concatenate([np.stack([i, i + 1, i + side], 1), np.stack([i + side + 1, i + side, i + 1], 1)])
    return Mesh(90 * places, faces)


def scan(n: int, points: slice = slice(None)) -> SimpleNamespace:
    """A measurement of a sphere against one that is 2 mm larger and has a spike in the scan."""
    reference = sphere(n)
    prediction = Mesh(reference.vertices * (92 / 90), reference.faces)
    distances = np.full(reference.n_vertices, 2.0)
    distances[n // 3] = 7.5
    return SimpleNamespace(
        reference=reference,
        prediction=prediction,
        points=reference.vertices[points],
        ref_to_pred_mm=distances[points],
        grids_mm=lambda: None,
    )


def test_a_grid_comes_back_to_half_a_step():
    before = grid_map()
    content = encode(before, SCORES)
    after, metric, score = decode(content)
    assert (metric, score) == ("cd_mm", 1.25) and isinstance(after, GridMap)
    for name in ("radius_ref_mm", "radius_pred_mm", "distances_mm"):
        np.testing.assert_allclose(getattr(after, name), getattr(before, name), atol=HALF_STEP_MM, rtol=0)
    assert (after.is_open == before.is_open).all() and (after.corners == before.corners).all()
    assert after.prediction.n_vertices == len(after.distances_mm)


@pytest.mark.parametrize(("rough_mm", "share"), [(0.0, 0.3), (0.3, 0.3), (1.0, 1.0)])
def test_no_sample_takes_more_than_60_kb(rough_mm, share):
    content = encode(grid_map(rough_mm, share), SCORES)
    assert len(content) <= LARGEST_BYTES
    assert decode(content)[0].distances_mm.max() == pytest.approx(4, abs=0.5)


def test_a_far_prediction_takes_coarser_steps():
    found = grid_map()
    far = GridMap(found.radius_ref_mm, 5 * found.radius_pred_mm, found.is_open, found.corners, 100 * found.distances_mm)
    after = decode(encode(far, SCORES))[0]
    np.testing.assert_allclose(after.distances_mm, far.distances_mm, atol=0.5)


@pytest.mark.parametrize("n", [400, 40_000])
def test_a_scans_surface_is_thinned_out_and_keeps_its_largest_distance(n):
    content = encoded_map_of(scan(n), SCORES)
    assert len(content) <= LARGEST_BYTES
    found = decode(content)[0]
    assert isinstance(found, SurfaceMap)
    assert len(found.vertices_mm) == min(n, len(found.vertices_mm)) >= 300
    assert found.distances_mm.max() == pytest.approx(7.5, abs=HALF_STEP_MM)
    assert np.median(found.distances_mm) == pytest.approx(2.0, abs=HALF_STEP_MM), "outside is positive"
    ends = np.linalg.norm(found.vertices_mm + found.offsets_mm, axis=1)
    # Facets of the coarse sphere lie inside of it.
    np.testing.assert_allclose(ends, 92, atol=0.6)
    np.testing.assert_allclose(np.linalg.norm(found.vertices_mm, axis=1), 90, atol=0.02)


def test_of_a_scan_that_is_cropped_only_the_measured_part_is_kept():
    found = decode(encoded_map_of(scan(400, slice(0, 200)), SCORES))[0]
    assert len(found.vertices_mm) == 200 and len(found.faces)
    assert found.distances_mm.max() == pytest.approx(7.5, abs=HALF_STEP_MM)


def test_a_scan_with_a_vertex_a_kilometre_off_has_no_map():
    measured = scan(400)
    vertices = measured.reference.vertices.copy()
    vertices[7] = 1e6
    far = SimpleNamespace(
        **{**vars(measured), "reference": Mesh(vertices, measured.reference.faces), "points": vertices}
    )
    assert encoded_map_of(far, SCORES) is None


def test_a_cloud_of_points_has_no_faces_and_no_inside():
    measured = scan(400)
    cloud = SimpleNamespace(**{**vars(measured), "reference": Mesh(measured.reference.vertices)})
    found = decode(encoded_map_of(cloud, SCORES))[0]
    assert len(found.faces) == 0 and (found.distances_mm >= 0).all()


def test_a_file_of_another_score_is_not_taken(tmp_path):
    content = encode(grid_map(), SCORES)
    write_map(tmp_path, "a/b", content)
    assert has_map(tmp_path, "a/b") and not has_map(tmp_path, "b")
    assert read_map(tmp_path, "a/b", SCORES) == content
    assert read_map(tmp_path, "a/b", {"cd_mm": 1.2500001}) is None
    assert read_map(tmp_path, "a/b", {}) is None
    remove_map(tmp_path, "a/b")
    assert read_map(tmp_path, "a/b", SCORES) is None


def test_damaged_and_hostile_files_are_refused(tmp_path):
    content = encode(grid_map(), SCORES)
    head, line, packed = content.split(b"\n", 2)
    about = json.loads(line)
    surface = {"kind": "surface", "step_mm": 0.01, "metric": "cd_mm", "score": 1.25, "center_mm": [0, 0, 0]}

    def put(changes: dict, body: bytes = packed) -> bytes:
        return b"\n".join([head, json.dumps(changes).encode(), body])

    bomb = zlib.compress(bytes(200_000_000), 1)
    bad = [
        b"", content[:100], content[: len(content) // 2], b"x" + content, head, put(about, b"not zlib"),
        put({**about, "kind": "pickle"}), put({**about, "step_mm": 1e9}), put({**about, "score": "NaN"}),
        put({key: about[key] for key in about if key != "score"}), put([]),  # type: ignore[arg-type]
        put({**surface, "vertices": 10**12, "faces": 0}), put({**surface, "vertices": 4, "faces": -1}),
        put({**surface, "vertices": 3, "faces": 1}, zlib.compress(b"\xff" * 48)),
        put({**about, "more": "x" * 5000}),
    ]  # fmt: skip
    for one in bad:
        with pytest.raises(FormatError):
            decode(one)
    # All zeros are a map without a vertex, and no more of them is unpacked than a map can hold.
    assert len(decode(put(about, bomb))[0].distances_mm) == 0
    write_map(tmp_path, "000", content + bytes(LARGEST_BYTES))
    assert read_map(tmp_path, "000", SCORES) is None
