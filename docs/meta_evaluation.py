"""Compare what protocols report with a true error: python docs/meta_evaluation.py DATA

DATA holds predictions that share one vertex order with their ground truth, as the public data of
"3D Face Reconstruction Error Decomposed" (arXiv:2505.18025): ground_truth/SUBJECT.ply,
predictions/METHOD/SUBJECT.ply, landmark_vertex_indices51.json. Prints the table of docs/alignment.md.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from fsbench.core.mesh import Mesh
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.io import read_mesh
from fsbench.protocols.elr.protocol import Elr
from fsbench.protocols.landmark_warp.protocol import LandmarkWarp
from fsbench.protocols.micc.protocol import Micc
from fsbench.protocols.now.protocol import Now
from fsbench.protocols.scan.protocol import Scan

# iBUG-51 is iBUG-68 without the 17 points of the jaw.
_NOW = [index - 17 for index in (36, 39, 42, 45, 33, 48, 54)]
_NOSE_TIP = 30 - 17

Estimator = Callable[[Mesh, Mesh, Sequence[int]], float]


def true_error(truth: Mesh, prediction: Mesh, marks: Sequence[int]) -> float:
    """Mean distance of vertex i to vertex i, mm, after the similarity of the landmarks."""
    fit = fit_landmarks(truth.vertices[marks], prediction.vertices[marks]).ref_from_pred
    return float(np.linalg.norm(fit.apply(prediction.vertices) - truth.vertices, axis=1).mean())


def landmark_warp(truth: Mesh, prediction: Mesh, marks: Sequence[int]) -> float:
    """Corresponding places by a landmark warp, mean."""
    prepared = LandmarkWarp().prepare(truth, truth.vertices[marks])
    return prepared.measure(prediction, prediction.vertices[marks]).scores["corresponding_mean_mm"]


def elr(truth: Mesh, prediction: Mesh, marks: Sequence[int]) -> float:
    """Protocol ELR, M3D-FB's "E12", with weights of each prediction's own shape."""
    prepared = Elr().prepare(truth, truth.vertices[marks])
    return prepared.measure(prediction, prediction.vertices[marks]).scores["elr_mm"]


def landmarks_then_nearest(truth: Mesh, prediction: Mesh, marks: Sequence[int]) -> float:
    """Nearest places after the similarity of the landmarks alone, mean."""
    prepared = LandmarkWarp().prepare(truth, truth.vertices[marks])
    return prepared.measure(prediction, prediction.vertices[marks]).scores["nearest_mean_mm"]


def scan(truth: Mesh, prediction: Mesh, marks: Sequence[int]) -> float:
    """Protocol scan without landmarks: search, ICP with scale, nearest places, mean."""
    return Scan().prepare(truth).measure(prediction).scores["ref_to_pred_mean_mm"]


def now(truth: Mesh, prediction: Mesh, marks: Sequence[int]) -> float:
    """Protocol NoW, mean."""
    seven = [marks[i] for i in _NOW]
    prepared = Now().prepare(truth, truth.vertices[seven])
    return prepared.measure(prediction, prediction.vertices[seven]).scores["mean_mm"]


def micc_deng2019(truth: Mesh, prediction: Mesh, marks: Sequence[int]) -> float:
    """Protocol micc-deng2019: a root mean square, not a mean."""
    up = "+y" if truth.vertices[marks[22]][1] > truth.vertices[marks[31]][1] else "-y"
    protocol = Micc("rmse-point-to-plane", "landmarks", Micc.deng2019().icp, forehead_mm=60.0, up=up)
    prepared = protocol.prepare(truth, truth.vertices[marks[_NOSE_TIP]], truth.vertices[marks])
    return prepared.measure(prediction, prediction.vertices[marks]).scores["score_mm"]


ESTIMATORS: dict[str, Estimator] = {
    "true error": true_error,
    "elr": elr,
    "landmark warp": landmark_warp,
    "landmarks, nearest": landmarks_then_nearest,
    "scan": scan,
    "now": now,
    "micc-deng2019": micc_deng2019,
}


def main(data: Path) -> None:
    """Print one row an estimator: mm by method, the share of the truth, and rank correlations."""
    marks = json.loads((data / "landmark_vertex_indices51.json").read_text())
    subjects = sorted(path.stem for path in (data / "ground_truth").glob("*.ply"))
    methods = sorted(path.name for path in (data / "predictions").iterdir())
    found = {name: np.zeros((len(methods), len(subjects))) for name in ESTIMATORS}
    for column, subject in enumerate(subjects):
        raw = read_mesh(data / "ground_truth" / f"{subject}.ply")
        truth = Mesh(raw.vertices / 1000, raw.faces)  # written in micrometres
        for row, method in enumerate(methods):
            prediction = read_mesh(data / "predictions" / method / f"{subject}.ply")
            for name, estimator in ESTIMATORS.items():
                found[name][row, column] = estimator(truth, prediction, marks)
    true = found["true error"]
    order = np.argsort(true.mean(1))
    print(
        "| mm, mean of",
        len(subjects),
        "subjects |",
        " | ".join(methods[i] for i in order),
        "| share of the truth | rank, methods | rank, all |",
    )
    print("|---|" + "---:|" * (len(methods) + 3))
    for name, values in found.items():
        ranks = spearmanr(values.mean(1), true.mean(1)).statistic, spearmanr(values.ravel(), true.ravel()).statistic
        cells = [f"{value:.2f}" for value in values.mean(1)[order]]
        share = values.mean(1) / true.mean(1)
        print(
            f"| {name} |",
            " | ".join(cells),
            f"| {share.min():.0%} to {share.max():.0%} | {ranks[0]:.2f} | {ranks[1]:.2f} |",
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
