"""The morphable model that the baselines know: principal components of the training people alone."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Ints
from fsbench.sample.head_model import PREDICTION_REGION, HeadModel
from fsbench.sample.people import TRAINING_PEOPLE, draw_expressions
from fsbench.sample.subdivision import face_part, smooth_triangles

N_PEOPLE, N_EXPRESSIONS = 300, 300
N_SHAPE, N_EXPRESSION = 50, 20
TRAINING_SEED = 20
"""A method is trained once: another seed for the benchmark brings new faces, not new methods."""


@dataclass(frozen=True, slots=True)
class ShapeSpace:
    """Mean face and its principal directions, each scaled so that a coefficient of 1 is one standard deviation.

    Parameters
    ----------
    mean : (n, 3)
        Face region, head frame, pupil-normalised mm.
    basis : (K, n, 3)
        Identity first, then expression.
    faces : (F, 3) of int
    landmarks : (68,) of int
        Vertices of the iBUG points.
    """

    mean: Floats
    basis: Floats
    faces: Ints
    landmarks: Ints

    def vertices(self, coefficients: Floats) -> Floats:
        """Face (n, 3) of coefficients (K,)."""
        return self.mean + np.tensordot(coefficients, self.basis, 1)


def train_shape_space(model: HeadModel) -> ShapeSpace:
    """Learn the space from the training people, with their expressions beside it."""
    rng = np.random.default_rng(TRAINING_SEED)
    whole, quad = smooth_triangles(model.quads, len(model.mean))
    region, place = face_part(model, whole, quad, PREDICTION_REGION)
    heads = model.person(TRAINING_PEOPLE.draw(model, rng, N_PEOPLE))
    moves = model.expression(draw_expressions(model, rng, N_EXPRESSIONS))
    mean_head, identity = _principal(heads, N_SHAPE)
    mean_move, expression = _principal(moves, N_EXPRESSION)
    directions = np.concatenate([identity, expression])
    return ShapeSpace(
        mean=region.vertices(mean_head + mean_move),
        basis=np.stack([region.vertices(d) for d in directions]),
        faces=region.faces,
        landmarks=place[model.landmarks],
    )


def _principal(samples: Floats, n: int) -> tuple[Floats, Floats]:
    """Mean (V, 3) and the `n` strongest directions (n, V, 3) of samples (m, V, 3), in standard deviations."""
    mean = samples.mean(0)
    centred = (samples - mean).reshape(len(samples), -1)
    _, vectors = np.linalg.eigh(centred @ centred.T)
    strongest = vectors[:, ::-1][:, :n]
    # The sign of an eigenvector is the library's whim: fix it, so that the coefficients mean the same everywhere.
    strongest = strongest * np.sign(strongest[np.abs(strongest).argmax(0), np.arange(n)])
    return mean, (strongest.T @ centred / np.sqrt(len(samples) - 1)).reshape(n, *mean.shape)
