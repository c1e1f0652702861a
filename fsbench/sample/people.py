"""Who stands before the camera, and the different people that the baselines learned from.

The two populations differ on purpose. The reference people move every direction of the head model, are not symmetric
and wear small bumps; the training people are symmetric, and a third of the local directions never moves in them. So
no baseline can express a reference head exactly, as no morphable model can express a scan.
"""

from dataclasses import dataclass

import numpy as np

from fsbench.core.mesh import Floats, Ints
from fsbench.sample.head_model import HeadModel

SLIDER_SD = 0.3
LARGEST_SD_MM = 3.5
ASYMMETRY_SD = 0.12
UNSEEN_EVERY = 3
MACRO, ASYMMETRIC = "macro-", "asym-"


@dataclass(frozen=True, slots=True)
class Population:
    """How people of one kind are drawn.

    Parameters
    ----------
    asymmetric : bool
        Left and right differ.
    unseen : bool
        The directions that training people lack move as well.
    """

    asymmetric: bool
    unseen: bool

    def draw(self, model: HeadModel, rng: np.random.Generator, n: int) -> Floats:
        """Shape coefficients of `n` people, (n, S)."""
        names = np.array(model.shape_names)
        macro, one_sided = np.char.startswith(names, MACRO), np.char.startswith(names, ASYMMETRIC)
        largest = np.linalg.norm(model.shapes, axis=2).max(1)
        sd = np.minimum(SLIDER_SD, LARGEST_SD_MM / largest)
        plain = np.clip(rng.standard_normal((n, len(names))), -2.2, 2.2)
        coefficients: Floats = plain[:, _twins(model.shape_names)]
        if self.asymmetric:
            coefficients = coefficients + plain * ASYMMETRY_SD
        coefficients[:, one_sided] = plain[:, one_sided] * (0.4 if self.asymmetric else 0.0)
        if not self.unseen:
            coefficients[:, _unseen(model.shape_names)] = 0.0
        coefficients = coefficients * sd
        coefficients[:, macro] = _macro(names[macro], rng, n)
        return coefficients


REFERENCE_PEOPLE = Population(asymmetric=True, unseen=True)
TRAINING_PEOPLE = Population(asymmetric=False, unseen=False)


def _other_side(name: str, left: str, right: str) -> str:
    return right + name[len(left) :] if name.startswith(left) else name


def _twins(names: tuple[str, ...]) -> Ints:
    """For every direction the one whose draw it shares: "l-x" and "r-x" move together."""
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[_other_side(name, "l-", "r-")] for name in names])


def _unseen(names: tuple[str, ...]) -> Ints:
    """The local directions that training people lack, both sides of each."""
    local = sorted({_other_side(name, "l-", "r-") for name in names if not name.startswith((MACRO, ASYMMETRIC))})
    hidden = set(local[::UNSEEN_EVERY])
    return np.array([i for i, name in enumerate(names) if _other_side(name, "l-", "r-") in hidden])


def _macro(names: np.ndarray, rng: np.random.Generator, n: int) -> Floats:
    """Sex, ancestry, age, muscle and weight: mixtures, not bell curves."""
    ancestry = rng.dirichlet([0.8, 0.8, 0.8], n)
    sex, age = rng.uniform(-1, 1, n), rng.uniform(0, 1, n) ** 2
    values = {
        "macro-sex": sex,
        "macro-african": ancestry[:, 0] - ancestry[:, 2],
        "macro-asian": ancestry[:, 1] - ancestry[:, 2],
        "macro-old-female": age * (1 - sex) / 2,
        "macro-old-male": age * (1 + sex) / 2,
        "macro-muscle": rng.uniform(-1, 1, n),
        "macro-weight": rng.uniform(-1, 1, n),
    }
    return np.stack([values[str(name)] for name in names], 1)


def draw_expressions(model: HeadModel, rng: np.random.Generator, n: int) -> Floats:
    """Expression weights of `n` faces, (n, E): up to five muscles each, nearly alike on both sides."""
    stems = sorted({name.removesuffix("Left").removesuffix("Right") for name in model.expression_names})
    weights = np.zeros((n, len(model.expression_names)))
    for row in weights:
        for stem in rng.choice(stems, rng.integers(0, 6), replace=False):
            strength = rng.uniform(0.1, 0.7)
            for k, name in enumerate(model.expression_names):
                if name in (stem, f"{stem}Left", f"{stem}Right"):
                    row[k] = strength * rng.uniform(0.8, 1.0)
    return weights


def bumps_mm(points: Floats, rng: np.random.Generator) -> Floats:
    """Heights (n,) of fine skin relief at points (n, 3): waves of 5 to 60 mm, about a fifth of a millimetre high."""
    n_waves = 24
    direction = rng.standard_normal((n_waves, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length_mm = np.geomspace(5.0, 60.0, n_waves)
    height_mm = 0.014 * length_mm**0.6
    phase = rng.uniform(0, 2 * np.pi, n_waves)
    return np.sin(points @ (direction * (2 * np.pi / length_mm[:, None])).T + phase) @ height_mm
