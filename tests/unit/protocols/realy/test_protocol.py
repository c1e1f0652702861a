"""REALY as a whole: what is perfect, what is worse, and what is refused or flagged."""

from dataclasses import replace

import numpy as np
import pytest

from fsbench.core.errors import AlignmentError, MeshError, MetricError, ReferenceDataError, UsageError
from fsbench.core.mesh import Mesh
from fsbench.protocols.realy.bending import UnboundedSolveError
from fsbench.protocols.realy.protocol import METRICS, Realy
from fsbench.protocols.realy.template import REGIONS
from tests.heads import random_similarity
from tests.keypointed import BOXES, face, reference, region, template

FACE, TEMPLATE = face(), template()
PREPARED = Realy().prepare(reference())
# What single precision leaves at coordinates of some hundred units.
ROUNDING_MM, ROUNDING = 1e-3, 1e-5


def _bumped(height: float) -> Mesh:
    x, y, z = FACE.vertices.T
    return Mesh(np.column_stack([x, y, z + height * np.sin(2 * x) * np.cos(2 * y)]), FACE.faces)


def test_the_subject_itself_is_perfect_in_any_frame() -> None:
    motion = random_similarity(np.random.default_rng(5))
    scores = PREPARED.compare(motion.apply(FACE.vertices), FACE.faces, TEMPLATE)
    assert tuple(scores.as_dict()) == METRICS
    for name in REGIONS:
        assert scores[f"{name}_mm"] < ROUNDING_MM
    assert scores["mm_per_unit"] == pytest.approx(9 / motion.scale, rel=ROUNDING)
    assert scores.doubts == ()


def test_a_worse_shape_never_scores_better() -> None:
    errors = [PREPARED.compare(_bumped(height).vertices, FACE.faces, TEMPLATE) for height in (0.0, 0.05, 0.2, 0.4)]
    for name in (*REGIONS, "all"):
        assert (np.diff([scores[f"{name}_mm"] for scores in errors]) > 0).all()
    assert errors[1]["all_mm"] == pytest.approx(np.mean([errors[1][f"{name}_mm"] for name in REGIONS]))


def test_a_region_that_does_not_reach_a_keypoint_is_flagged_and_named() -> None:
    left, low, right, _ = BOXES["nose"]
    prepared = Realy().prepare(reference(nose=region("nose", (left, low, right, 2.5))))
    assert len(prepared.doubts) == 1
    assert prepared.doubts[0].startswith("nose: the region does not reach keypoint 27 (")
    scores = prepared.compare(FACE.vertices, FACE.faces, TEMPLATE)
    assert scores["suspicious"] == 1
    assert scores["nose_mm"] > 0.05
    assert scores["mouth_mm"] < ROUNDING_MM


def _moved(mesh: Mesh, shift: float) -> Mesh:
    return Mesh(mesh.vertices + [shift, 0, 0], mesh.faces)


def _with_loose_piece(mesh: Mesh) -> Mesh:
    n = mesh.n_vertices
    return Mesh(np.concatenate([mesh.vertices, [[9, 9, 9], [9, 8, 9], [8, 9, 9]]]), [*mesh.faces, [n, n + 1, n + 2]])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"mouth": _moved(region("mouth"), 40.0)}, "mouth: the nearest of its keypoints is 3.. mm from the region"),
        ({"nose": _with_loose_piece(region("nose"))}, "nose: a part of the region, 3 of .* holds 0 keypoints"),
        ({"cheek": _with_loose_piece(region("cheek"))}, "cheek: a part of the region, 3 of .* holds 3 vertices"),
        ({"cheek": region("cheek", (0, 0, 2, 2))}, "cheek: 81 vertices are too few for 27 keypoints"),
        ({"forehead": Mesh(region("forehead").vertices)}, "forehead: .* no edge"),
    ],
)
def test_unusable_regions_are_refused(changed: dict[str, Mesh], message: str) -> None:
    with pytest.raises(ReferenceDataError, match=message):
        Realy().prepare(reference(**changed))


def test_incomplete_references_are_refused() -> None:
    whole = reference()
    with pytest.raises(ReferenceDataError, match="no region mouth, cheek"):
        Realy().prepare(replace(whole, regions={name: whole.regions[name] for name in ("nose", "forehead")}))
    with pytest.raises(ReferenceDataError, match=r"\(68, 3\)"):
        Realy().prepare(replace(whole, keypoints=whole.keypoints[:68]))


def test_another_scale_than_those_of_the_benchmark_is_flagged() -> None:
    assert "unit is 1 mm" in Realy().prepare(replace(reference(), mm_per_unit=1.0)).doubts[0]


def test_another_template_is_refused() -> None:
    with pytest.raises(MeshError, match="4226 vertices and the template 4225"):
        PREPARED.compare([*FACE.vertices, [0, 0, 0]], FACE.faces, TEMPLATE)
    order = np.random.default_rng(0).permutation(FACE.n_vertices)
    with pytest.raises(MeshError, match="another order"):
        PREPARED.compare(FACE.vertices[np.argsort(order)], order[FACE.faces], TEMPLATE)
    with pytest.raises(MeshError, match="no faces"):
        PREPARED.compare(FACE.vertices, [], TEMPLATE)


def test_the_same_quads_cut_otherwise_are_scored_and_flagged() -> None:
    a, b, c = FACE.faces[::2].T
    d = FACE.faces[1::2, 2]
    other = np.concatenate([np.stack([a, b, d], 1), np.stack([b, c, d], 1)])
    scores = PREPARED.compare(FACE.vertices, other, TEMPLATE)
    assert "67% of the prediction's edges" in " ".join(scores.doubts)


def test_keypoints_of_another_topology_are_flagged() -> None:
    mixed = replace(TEMPLATE, triangles=np.roll(TEMPLATE.triangles, 1))
    assert PREPARED.compare(FACE.vertices, FACE.faces, mixed)["suspicious"] == 1


def test_shapes_that_single_precision_cannot_hold_or_that_are_a_point_are_refused() -> None:
    with pytest.raises(MeshError, match="single precision"):
        PREPARED.compare(FACE.vertices * 1e38, FACE.faces, TEMPLATE)
    with pytest.raises(AlignmentError, match="in one place"):
        PREPARED.compare(FACE.vertices * 0, FACE.faces, TEMPLATE)
    with pytest.raises(AlignmentError, match="in one place"):
        PREPARED.compare(FACE.vertices * 1e-44, FACE.faces, TEMPLATE)


def test_a_prediction_far_from_its_origin_is_flagged() -> None:
    assert PREPARED.compare(FACE.vertices + 1e3, FACE.faces, TEMPLATE).doubts == ()
    assert "rounded by up to 0.05" in " ".join(PREPARED.compare(FACE.vertices + 1e5, FACE.faces, TEMPLATE).doubts)


def test_keypoints_that_are_far_from_all_others_are_refused() -> None:
    vertices = FACE.vertices.copy()
    vertices[TEMPLATE.faces[TEMPLATE.triangles[30], 0]] = 1e25
    with pytest.raises(MeshError, match=r"^nose: a coordinate is 1e\+25"):
        PREPARED.compare(vertices, FACE.faces, TEMPLATE)


def test_a_flat_prediction_leaves_the_solve_open() -> None:
    with pytest.raises(MetricError, match="no single answer"):
        PREPARED.compare(FACE.vertices * [1, 1, 0], FACE.faces, TEMPLATE)


def test_a_mask_is_a_setting() -> None:
    masked = replace(TEMPLATE, mask=np.abs(FACE.vertices[:, 0]) < 3)
    with pytest.raises(UsageError, match="mask is none, and the template has one"):
        PREPARED.compare(FACE.vertices, FACE.faces, masked)
    with pytest.raises(UsageError, match="mask is template, and the template has none"):
        Realy("template").prepare(reference()).compare(FACE.vertices, FACE.faces, TEMPLATE)
    scores = Realy("template").prepare(reference()).compare(FACE.vertices, FACE.faces, masked)
    assert scores["nose_mm"] < ROUNDING_MM
    assert "cheek: " in " ".join(scores.doubts)
    with pytest.raises(UsageError, match="expected none or template"):
        Realy("face")  # type: ignore[arg-type]


def test_a_solve_without_end_fails_and_names_the_region() -> None:
    protocol = Realy()
    object.__setattr__(protocol, "most_solves", 1)
    with pytest.raises(UnboundedSolveError, match=r"^cheek: the published procedure has no limit") as found:
        protocol.prepare(reference()).compare(_bumped(0.4).vertices, FACE.faces, TEMPLATE)
    assert found.value.status == "failed"


def test_the_signature_names_every_setting() -> None:
    assert Realy().signature("realy") == (
        "realy|mask:none|procedure:published|most_updates:100|most_solves:200|missing:fail|v1"
    )
