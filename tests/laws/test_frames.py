"""Where a scan or a prediction stands, and in which unit it is, moves no number of the protocols that align by ICP."""

import json
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity, rotation_by
from fsbench.io import read_mesh
from fsbench.protocols.measurement import Scores
from fsbench.protocols.micc.protocol import Micc
from fsbench.protocols.scan.protocol import Scan
from tests.heads import face_of, head, moved

# Coordinates keep 15 digits; steps end at 1e-9 of the face's size, and each is a third of the one before or shorter.
SAME = 1e-6

RNG = np.random.default_rng(0)
FACE = face_of(head(60, 90))
_SMOOTH = head(45, 60)
PREDICTION = Mesh(_SMOOTH.vertices + RNG.normal(scale=0.7, size=_SMOOTH.vertices.shape), _SMOOTH.faces)
TIP = FACE.vertices[FACE.vertices[:, 2].argmax()]
MARKS = np.array([[-45.0, 25, 75], [45, 25, 75], [0, -10, 115], [-25, -50, 80], [25, -50, 80]])

TURN = rotation_by([0.3, -1.1, 0.7])
# Where the scan and the prediction are: in mm, in m, in free units and other poses.
PLACES = {
    "metres": (Similarity(0.001), Similarity(0.001)),
    "inches": (Similarity(), Similarity(1 / 25.4)),
    "pose": (Similarity(1.0, TURN, [100, -50, 300]), Similarity(0.37, TURN.T @ TURN.T, [1, 2, 3])),
}


def _scan(
    scan: Mesh, scan_marks: np.ndarray, unit: str, prediction: Mesh, marks: np.ndarray, tip: np.ndarray
) -> Scores:
    return Scan(reference_unit=unit).prepare(scan, scan_marks).measure(prediction, marks).scores


def _searched(
    scan: Mesh, scan_marks: np.ndarray, unit: str, prediction: Mesh, marks: np.ndarray, tip: np.ndarray
) -> Scores:
    return Scan(reference_unit=unit).prepare(scan).measure(prediction).scores


def _deng(
    scan: Mesh, scan_marks: np.ndarray, unit: str, prediction: Mesh, marks: np.ndarray, tip: np.ndarray
) -> Scores:
    return Micc.deng2019(np.inf).prepare(scan, tip).measure(prediction).scores


def _ganfit(
    scan: Mesh, scan_marks: np.ndarray, unit: str, prediction: Mesh, marks: np.ndarray, tip: np.ndarray
) -> Scores:
    return Micc.ganfit2021().prepare(scan, tip, scan_marks).measure(prediction, marks).scores


EACH = pytest.mark.parametrize("score", [_scan, _searched, _deng, _ganfit])


def _in_a_frame(score, scan, marks, prediction, pred_marks, tip, place: tuple[Similarity, Similarity]) -> Scores:
    ref, pred = place
    unit = repr(1 / ref.scale)
    there = ref.apply(tip[None])[0]
    return score(moved(scan, ref), ref.apply(marks), unit, moved(prediction, pred), pred.apply(pred_marks), there)


def _assert_same(one: Scores, other: Scores) -> None:
    frame = ("mm_per_unit", "ref_mm_per_unit", "iterations")
    for name, value in one.values.items():
        if name not in frame:
            assert other[name] == pytest.approx(value, abs=SAME, nan_ok=True), name


@EACH
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_neither_unit_nor_pose_moves_a_number(score, place: tuple[Similarity, Similarity]) -> None:
    parts = FACE, MARKS, PREDICTION, MARKS, TIP
    here = _in_a_frame(score, *parts, (Similarity(), Similarity()))
    assert here["ref_to_pred_mean_mm"] > 0.2
    _assert_same(here, _in_a_frame(score, *parts, place))


@pytest.mark.parametrize("score", [_scan, _ganfit])
def test_nor_on_real_predictions(score, shared: Path) -> None:
    data = shared / "data" / "m3dfb"
    which = json.loads((data / "landmark_vertex_indices51.json").read_text())
    truth, prediction = (read_mesh(data / folder / "id0000.ply") for folder in ("ground_truth", "predictions/INORig-m"))
    scan = moved(truth, Similarity(0.001))
    parts = scan, scan.vertices[which], prediction, prediction.vertices[which], scan.vertices[which[13]]
    here = _in_a_frame(score, *parts, (Similarity(), Similarity()))
    for place in PLACES.values():
        _assert_same(here, _in_a_frame(score, *parts, place))
