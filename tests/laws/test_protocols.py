"""Laws that every registered protocol keeps, over a small example of each.

A protocol is given its example in `EXAMPLES`: what it is, how a prediction may move, and how it grows worse.
"""

import atexit
import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsbench.benchmarks import Choice, load_spec
from fsbench.core.errors import FsbenchError, MeshError
from fsbench.core.mesh import Mesh
from fsbench.geometry.cameras import OrthographicCamera
from fsbench.geometry.transforms import Similarity
from fsbench.protocols import registry
from fsbench.protocols.facescape.protocol import View
from fsbench.protocols.facescape.references import Placement
from fsbench.protocols.protocol import Prediction, Reference
from tests import keypointed
from tests.heads import face_of, head, moved

HEAD = head(60, 80)
FACE = face_of(HEAD)
# On the surface of `head` where the features would be; NoW's seven.
SEVEN = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)
TIP = HEAD.vertices[np.abs(HEAD.vertices - [0, -11, 116]).sum(1).argmin()]
MANY = np.linspace(0, FACE.n_vertices - 1, 40).round().astype(int)
STILL = Similarity()
TURN = Similarity(1.0, Rotation.from_rotvec([0.1, -0.2, 0.15]).as_matrix(), np.array([4.0, -3.0, 8.0]))


@dataclass(frozen=True)
class Example:
    """A protocol's reference, with the landmarks that it and predictions have, and what it promises.

    Attributes
    ----------
    benchmark : str
        Whose specification the settings come from.
    error : str
        The metric that is 0 for the reference itself.
    perfect_mm : float
        What the reference itself may score: rounding, or where a search ends.
    mesh : Mesh
        In mm.
    landmarks : ndarray or None
        On the mesh, of both sides.
    inputs : mapping
        What else the reference brings.
    takes_points : bool
        Whether a prediction may have no faces.
    fixes_frame : bool
        Whether numbers depend on the frame of the reference, which the protocol then has to say.
    fixes_order : bool
        Whether vertices in another order are another topology, which is refused.
    per_mm : float
        Units of the mesh in a millimetre.
    """

    benchmark: str
    error: str
    perfect_mm: float
    mesh: Mesh = FACE
    landmarks: np.ndarray | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    choice: Choice = field(default_factory=Choice)
    takes_points: bool = False
    fixes_frame: bool = False
    fixes_order: bool = False
    per_mm: float = 1.0

    def reference(self, by: Similarity = STILL) -> Reference:
        """The example in another frame, where the protocol finds how things stand."""
        inputs = dict(self.inputs)
        if self.landmarks is not None:
            inputs["landmarks"] = by.apply(self.landmarks)
        if "nose_tip" in inputs:
            inputs["nose_tip"] = by.apply(np.asarray(inputs["nose_tip"])[None])[0]
        return Reference(moved(self.mesh, by), inputs)

    def prediction(self, mesh: Mesh | None = None, by: Similarity = STILL) -> Prediction:
        """The mesh, or the reference's own, with landmarks where it has some."""
        inputs = {} if self.landmarks is None else {"landmarks": by.apply(self.landmarks)}
        return Prediction(moved(mesh or self.mesh, by), inputs)


_FRONT = View(OrthographicCamera(100.0), np.eye(3), np.array([0.0, 0.0, -400.0]), 1.0)

EXAMPLES = {
    # The camera is kept. Cylinder maps of a surface and itself are the same numbers.
    "facescape": Example(
        "fswild",
        "cd_mm",
        1e-9,
        Mesh(HEAD.vertices + [0, 0, -400.0], HEAD.faces),
        inputs={"place": Placement(None, 1.0), "view": _FRONT},
    ),
    # ICP ends when it moves less than it can matter, some 1e-3 mm.
    "scan": Example("scan", "ref_to_pred_mean_mm", 1e-2, takes_points=True),
    "micc": Example("micc-deng2019", "score_mm", 1e-2, HEAD, inputs={"nose_tip": TIP}),
    # Closed forms, and a refinement that starts at the answer: rounding.
    "now": Example("now", "mean_mm", 1e-6, HEAD, SEVEN),
    "stirling": Example("stirling", "rmse_mm", 1e-6, HEAD, SEVEN),
    "svfr": Example("svfr-local", "l2_mm", 1e-6, HEAD, SEVEN),
    "landmark-warp": Example(
        "scan",
        "corresponding_mean_mm",
        1e-6,
        landmarks=FACE.vertices[MANY],
        choice=Choice(landmarks="made", pred_landmarks="made", measure="landmark-warp"),
    ),
}
_SEEN = EXAMPLES["facescape"].mesh
EXAMPLES["head-pose"] = replace(
    EXAMPLES["facescape"],
    landmarks=_SEEN.vertices[np.flatnonzero(HEAD.vertices[:, 2] > 60)[::20]],
    choice=Choice(landmarks="made", pred_landmarks="made"),
)
EXAMPLES["elr"] = Example(
    "scan",
    "elr_mm",
    1e-6,
    landmarks=FACE.vertices[np.linspace(0, FACE.n_vertices - 1, 51).round().astype(int)],
    choice=Choice(landmarks="made", pred_landmarks="made", measure="elr"),
    takes_points=True,
    fixes_frame=True,
)


def _realy() -> Example:
    """Its topology is named by files, which the settings read."""
    folder = Path(mkdtemp())
    atexit.register(rmtree, folder, ignore_errors=True)
    whole, known = keypointed.face(), keypointed.template()
    lines = [
        *(f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in whole.vertices),
        *(f"f {a} {b} {c}" for a, b, c in whole.faces + 1),
    ]
    (folder / "T.obj").write_text("\n".join(lines))
    (folder / "T.txt").write_text(json.dumps([[int(one), 1.0, 0.0] for one in known.triangles]))
    changes = (f"template={folder / 'T.obj'}", f"keypoints={folder / 'T.txt'}")
    return Example(
        "realy",
        "all_mm",
        # Single precision of coordinates of 10 units.
        1e-4,
        whole,
        inputs={"realy": keypointed.reference()},
        choice=Choice(changes=changes),
        fixes_frame=True,
        fixes_order=True,
        per_mm=1 / keypointed.MM_PER_UNIT,
    )


EXAMPLES["realy"] = _realy()
# A neutral face; its expressions have laws of their own in test_rig.py.
EXAMPLES["rig"] = Example("rig", "rig_mm", 1e-9, landmarks=FACE.vertices[MANY])
# Distances in mm after a motion and back: searches end some 1e-3 mm apart.
SAME_MM = 1e-2


def _example(name: str) -> Example:
    if name not in EXAMPLES:
        pytest.fail(
            f"the protocol {name!r} has no example: add one to EXAMPLES in tests/laws/test_protocols.py, with a small "
            "reference, its landmarks if it needs some, and the metric that is 0 for the reference itself"
        )
    return EXAMPLES[name]


@cache
def _prepared(name: str, turned: bool = False) -> Any:
    example = _example(name)
    spec = load_spec(example.benchmark)
    protocol = registry.chosen(spec, example.choice)
    assert protocol.name == name
    return protocol.prepare(protocol.settings(spec, example.choice), example.reference(TURN if turned else STILL))


def _error(name: str, prediction: Prediction, turned: bool = False) -> float:
    measured = registry.get(name).measure(_prepared(name, turned), prediction)
    assert set(measured.scores.values) == set(registry.get(name).metrics)
    return measured.scores[_example(name).error]


over_all = pytest.mark.parametrize("name", registry.names())


def _bumpy(mesh: Mesh, offset_mm: float, per_mm: float = 1.0) -> Mesh:
    """The mesh with gentle bumps, which no alignment takes away."""
    x, y, _ = mesh.vertices.T / per_mm
    bump = np.sin(x / 9) * np.cos(y / 11) * offset_mm * per_mm
    middle = mesh.vertices.mean(0)
    outwards = mesh.vertices - middle
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    return Mesh(mesh.vertices + bump[:, None] * outwards, mesh.faces)


@over_all
def test_a_mesh_against_itself_is_perfect(name: str) -> None:
    example = _example(name)
    assert 0 <= _error(name, example.prediction()) <= example.perfect_mm


@over_all
def test_moving_the_prediction_changes_nothing_where_the_protocol_aligns(name: str) -> None:
    example = _example(name)
    rough = _bumpy(example.mesh, 1.5, example.per_mm)
    here, there = (_error(name, example.prediction(rough, by)) for by in (STILL, TURN))
    if not registry.get(name).in_camera:
        assert there == pytest.approx(here, abs=SAME_MM)
    else:
        assert abs(there - here) > SAME_MM


@over_all
def test_moving_both_changes_nothing_where_the_protocol_aligns(name: str) -> None:
    example = _example(name)
    if registry.get(name).in_camera:
        pytest.skip("a camera is not moved with the face")
    if example.fixes_frame:
        assert any("frame" in one.note for one in registry.get(name).quantities)
        pytest.skip("its numbers depend on the frame of the reference, and its tables say so")
    rough = _bumpy(example.mesh, 1.5, example.per_mm)
    here = _error(name, example.prediction(rough))
    assert _error(name, example.prediction(rough, TURN), turned=True) == pytest.approx(here, abs=SAME_MM)


@over_all
def test_the_order_of_vertices_does_not_matter(name: str) -> None:
    example = _example(name)
    rough = _bumpy(example.mesh, 1.5, example.per_mm)
    rng = np.random.default_rng(0)
    order = rng.permutation(rough.n_vertices)
    place = np.argsort(order)
    shuffled = Mesh(rough.vertices[order], place[rough.faces][rng.permutation(rough.n_faces)])
    if example.fixes_order:
        with pytest.raises(MeshError, match="order"):
            _error(name, example.prediction(shuffled))
        return
    assert _error(name, example.prediction(shuffled)) == pytest.approx(
        _error(name, example.prediction(rough)), abs=SAME_MM
    )


@over_all
def test_a_wider_offset_is_never_better(name: str) -> None:
    example = _example(name)
    errors = [
        _error(name, example.prediction(_bumpy(example.mesh, mm, example.per_mm))) for mm in (0.0, 0.75, 1.5, 3.0)
    ]
    assert errors == sorted(errors) and errors[-1] > 0.1, errors


@over_all
@pytest.mark.parametrize("kind", ["empty", "faceless", "NaN"])
def test_what_is_no_surface_is_refused(name: str, kind: str) -> None:
    example = _example(name)
    vertices, faces = example.mesh.vertices, example.mesh.faces
    if kind == "faceless" and example.takes_points:
        assert _error(name, example.prediction(Mesh(vertices))) >= 0
        return
    with pytest.raises(FsbenchError):
        if kind == "empty":
            _error(name, example.prediction(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))))
        elif kind == "faceless":
            _error(name, example.prediction(Mesh(vertices)))
        else:
            _error(
                name,
                example.prediction(Mesh(np.where(np.arange(len(vertices))[:, None] == 7, np.nan, vertices), faces)),
            )


def test_a_protocol_without_an_example_fails_with_what_to_add() -> None:
    with pytest.raises(pytest.fail.Exception, match="has no example: add one to EXAMPLES"):
        _example("a-new-one")
