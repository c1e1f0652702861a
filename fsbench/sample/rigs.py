"""A sample of expression rigs: people with personal strengths of expression, and four baselines.

Source of the key expressions' recipes: the names that FaceScape gives its 20 captured expressions, made here of the
head model's own units. They are ours, and no captures.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.io.write import write_ply
from fsbench.sample.benchmark_files import empty_folder
from fsbench.sample.head_model import REFERENCE_REGION, HeadModel, load_head_model
from fsbench.sample.people import REFERENCE_PEOPLE

MOST_SUBJECTS = 50
PEOPLE, GUESSES = 10, 11
"""Streams of random numbers, other than those of the sample in the layout of FaceScape's benchmark."""

_BOTH = ("", "Left", "Right")
KEYS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "neutral": {},
        "smile": {"mouthSmile": 1.0},
        "mouth_stretch": {"jawOpen": 1.0},
        "anger": {"browDown": 1.0, "noseSneer": 0.6, "mouthPress": 0.4},
        "jaw_left": {"jawLeft": 1.0},
        "jaw_right": {"jawRight": 1.0},
        "jaw_forward": {"jawForward": 1.0},
        "mouth_left": {"mouthLeft": 1.0},
        "mouth_right": {"mouthRight": 1.0},
        "dimpler": {"mouthDimple": 1.0},
        "chin_raiser": {"mouthShrugLower": 1.0},
        "lip_puckerer": {"mouthPucker": 1.0},
        "lip_funneler": {"mouthFunnel": 1.0},
        "sadness": {"mouthFrown": 1.0, "browInnerUp": 0.7},
        "lip_roll": {"mouthRollLower": 1.0, "mouthRollUpper": 1.0},
        "grin": {"mouthSmile": 0.6, "mouthStretch": 0.7, "mouthUpperUp": 0.5},
        "cheek_blowing": {"cheekPuff": 1.0},
        "eye_closed": {"eyeBlink": 1.0},
        "brow_raiser": {"browOuterUp": 1.0, "browInnerUp": 1.0},
        "brow_lower": {"browDown": 1.0},
    }
)
"""Names of the expressions in order, with weights of the head model's units; both sides alike."""

STEMS = tuple(f"{k}_{name}" for k, name in enumerate(KEYS, 1))
STRENGTH_SD = 0.25
"""Of the logarithm of a person's strength of a unit."""
PERSONAL_SD = 0.05
"""Of the logarithm of the error of a guessed strength."""

RIGS: Mapping[str, str] = MappingProxyType(
    {
        "still": "a neutral face near the true one, which never moves",
        "generic": "the same face; each expression as strong as in the average person",
        "personal": "the same face; each expression nearly as strong as in this person",
        "shuffled": "the generic rig with every expression under the name of the one before it",
    }
)
"""The baselines, one line each."""


@dataclass(frozen=True, slots=True)
class WrittenRigs:
    """What `write_rigs` left: captures, landmarks and the stable region by vertex, a folder of meshes a method."""

    folder: Path
    subjects: tuple[str, ...]
    methods: tuple[str, ...]

    @property
    def captures(self) -> Path:
        """The `--root`."""
        return self.folder / "captured"

    @property
    def landmarks(self) -> Path:
        """68 vertices, of captures and predictions alike."""
        return self.folder / "landmarks.json"

    @property
    def stable(self) -> Path:
        """Vertices above the root of the nose that hardly move in any expression."""
        return self.folder / "stable.json"

    def predictions(self, method: str) -> Path:
        """The `--pred` of a method."""
        return self.folder / "pred" / method


def write_rigs(folder: str | os.PathLike[str], seed: int = 1, n_subjects: int = 6) -> WrittenRigs:
    """Write captured expressions of made-up people, and what four baselines make of them.

    The same arguments give the same bytes (another kind of processor may change the last digits).

    Parameters
    ----------
    folder : path
        New or empty.
    seed : int
        Of people, strengths and guesses.
    n_subjects : int
        1 to 50.

    Raises
    ------
    UsageError
        If a number is out of range, or the folder holds something already.
    """
    if seed < 0 or not 1 <= n_subjects <= MOST_SUBJECTS:
        raise UsageError(
            f"seed {seed}, {n_subjects} subjects: expected a seed from 0 and 1 to {MOST_SUBJECTS} subjects"
        )
    root = empty_folder(Path(folder))
    faces = _Faces(load_head_model())
    written = WrittenRigs(root, tuple(f"{i:02d}" for i in range(n_subjects)), tuple(RIGS))
    for i, subject in enumerate(written.subjects):
        for place, shapes in _shapes(faces, seed, i):
            _save(root / place / subject, shapes, faces.triangles)
    written.landmarks.write_text(json.dumps(faces.landmarks.tolist()) + "\n")
    written.stable.write_text(json.dumps(faces.stable.tolist()) + "\n")
    return written


class _Faces:
    """The face of the head model, on one topology."""

    def __init__(self, model: HeadModel) -> None:
        self.model = model
        kept = REFERENCE_REGION.holds(model.mean)
        quads = model.quads[kept[model.quads].all(1) & model.outside]
        self._used, numbers = np.unique(quads, return_inverse=True)
        corners = numbers.reshape(quads.shape)
        self.triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
        self.landmarks: Ints = np.abs(self._used[None, :] - model.landmarks[:, None]).argmin(1)
        self.units = model.expressions[:, self._used]
        moved = np.linalg.norm(self.units, axis=2).max(0)
        upper = model.mean[self._used][:, 1] > model.mean[model.landmarks[27], 1]
        self.stable: Ints = np.flatnonzero(upper & (moved < _STILL_MM))
        self._weights = np.array([[self._weight(key, name) for name in model.expression_names] for key in KEYS])

    def neutral(self, shape: Floats) -> Floats:
        """The neutral face of shape coefficients."""
        return self.model.person(shape)[self._used]

    def expressions(self, neutral: Floats, strengths: Floats) -> list[Floats]:
        """All expressions of a person whose units are so strong, (E,)."""
        return [neutral + np.tensordot(row * strengths, self.units, 1) for row in self._weights]

    @staticmethod
    def _weight(key: str, name: str) -> float:
        return next((weight for stem, weight in KEYS[key].items() if name in [stem + side for side in _BOTH]), 0.0)


_STILL_MM = 0.5
"""The stable region moves less in every unit."""


def _shapes(faces: _Faces, seed: int, i: int) -> Iterator[tuple[Path, list[Floats]]]:
    """Where they go, and all expressions of one person: captured, and by each baseline."""
    rng, guess = np.random.default_rng([seed, PEOPLE, i]), np.random.default_rng([seed, GUESSES, i])
    shape = REFERENCE_PEOPLE.draw(faces.model, rng, 1)[0]
    strengths = np.exp(rng.normal(0, STRENGTH_SD, len(faces.units)))
    yield Path("captured"), faces.expressions(faces.neutral(shape), strengths)
    # A quarter of the way to somebody else: an identity that is off by a millimetre or so.
    other = REFERENCE_PEOPLE.draw(faces.model, guess, 1)[0]
    neutral = faces.neutral(0.75 * shape + 0.25 * other)
    generic = faces.expressions(neutral, np.ones(len(faces.units)))
    personal = strengths * np.exp(guess.normal(0, PERSONAL_SD, len(strengths)))
    found = {
        "still": [neutral] * len(KEYS),
        "generic": generic,
        "personal": faces.expressions(neutral, personal),
        "shuffled": [neutral, *generic[2:], generic[1]],
    }
    for name in RIGS:
        yield Path("pred") / name, found[name]


def _save(folder: Path, shapes: list[Floats], triangles: Ints) -> None:
    folder.mkdir(parents=True)
    for stem, vertices in zip(STEMS, shapes, strict=True):
        write_ply(folder / f"{stem}.ply", Mesh(vertices, triangles))
