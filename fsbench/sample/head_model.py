"""The head that the sample is made of: a mean shape, directions in which people differ, and facial expressions."""

from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import numpy as np

from fsbench.core.mesh import Floats, Ints, Mask

PUPIL_DISTANCE_MM = 62.85
"""Every head is scaled to it, as in FaceScape: millimetres are pupil-normalised, not metric truth."""

PUPILS_MM = np.array([0.0, 30.0, 65.0])
"""Middle of the pupils in the head frame; it puts the origin between the ears at the height of the nose tip."""

FILE = "head_model.npz"


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """The face between the ears, hair line and throat, as seen from the origin of the head frame.

    Parameters
    ----------
    azimuth_deg : float
        Widest angle from the plane of symmetry.
    top_mm : float
        Height of the hair line.
    lowest_deg : float
        Steepest angle below the horizon.
    """

    azimuth_deg: float
    top_mm: float
    lowest_deg: float

    def holds(self, points: Floats) -> Mask:
        """Which points (n, 3) lie in it, (n,)."""
        x, y, z = points.T
        azimuth = np.degrees(np.arctan2(np.abs(x), z))
        below = -np.degrees(np.arctan2(y, np.hypot(x, z)))
        found: Mask = (azimuth < self.azimuth_deg) & (y < self.top_mm) & (below < self.lowest_deg)
        return found


REFERENCE_REGION = FaceRegion(azimuth_deg=80.0, top_mm=100.0, lowest_deg=57.0)
PREDICTION_REGION = FaceRegion(azimuth_deg=85.0, top_mm=106.0, lowest_deg=60.0)
"""A little wider than the truth, as most methods' meshes are, so that the complete rate is not about the cut."""


@dataclass(frozen=True)
class HeadModel:
    """A linear model of the head on one mesh of quads; see NOTICE for where it comes from.

    Head frame: x to the subject's left, y up, z out of the face, pupil-normalised millimetres.

    Parameters
    ----------
    mean : (V, 3)
        Average adult, neutral expression. Skin of the head and neck, and both eyeballs.
    quads : (Q, 4) of int
        Corners counter-clockwise as seen from outside.
    shapes, expressions : (S, V, 3), (E, V, 3)
        Offsets of the directions in mm; 1 is the end of a slider, expressions run from 0.
    shape_names, expression_names : tuple of str
        "l-" and "r-" begin, "Left" and "Right" end the names of one-sided directions.
    landmarks : (68,) of int
        Vertices of the iBUG points: contour, brows, nose, eyes, lips, each from the image's left to its right.
    right_eye, left_eye : (n,) of int
        Vertices of the subject's eyeballs; a pupil is taken to be their mean.
    outside : (Q,) of bool
        The quads that can be seen from outside: not the mouth's bag nor the backs of the eyeballs.
    """

    mean: Floats
    quads: Ints
    shapes: Floats
    expressions: Floats
    shape_names: tuple[str, ...]
    expression_names: tuple[str, ...]
    landmarks: Ints
    right_eye: Ints
    left_eye: Ints
    outside: Mask

    @cached_property
    def triangles(self) -> Ints:
        """All quads cut along one diagonal, (2 Q, 3)."""
        return cut_quads(self.quads)

    def person(self, shape: Floats) -> Floats:
        """Neutral head of shape coefficients (..., S), pupil-normalised: (..., V, 3) in the head frame."""
        heads = self.mean + np.tensordot(shape, self.shapes, 1)
        right = heads[..., self.right_eye, :].mean(-2)
        left = heads[..., self.left_eye, :].mean(-2)
        scale = PUPIL_DISTANCE_MM / np.linalg.norm(left - right, axis=-1)
        middle = (left + right) / 2
        found: Floats = (heads - middle[..., None, :]) * scale[..., None, None] + PUPILS_MM
        return found

    def expression(self, weights: Floats) -> Floats:
        """Offsets (..., V, 3) of expression weights (..., E)."""
        return np.tensordot(weights, self.expressions, 1)


def cut_quads(quads: Ints) -> Ints:
    """Cut quads (n, 4) along the diagonal from the first corner, (2 n, 3)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def load_head_model() -> HeadModel:
    """Read the model that travels with the package (0.1 s)."""
    with resources.files("fsbench.sample").joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as z:
        unit = float(z["quantum_mm"])
        return HeadModel(
            mean=z["mean"] * unit,
            quads=z["quads"].astype(np.int64),
            shapes=z["shape"] * unit,
            expressions=z["expression"] * unit,
            shape_names=tuple(z["shape_names"].tolist()),
            expression_names=tuple(z["expression_names"].tolist()),
            landmarks=z["landmarks"].astype(np.int64),
            right_eye=z["right_eye"].astype(np.int64),
            left_eye=z["left_eye"].astype(np.int64),
            outside=z["outside"],
        )
