"""People of a bilinear model as a source of heads: random ones, or FaceScape's own subjects."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fsbench.build.facescape.bilinear import N_EXPRESSIONS, BilinearModel, open_bilinear, refuse_odd_landmarks
from fsbench.build.head import Head, HeadName
from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Floats, Mask
from fsbench.io.displacement import read_mask
from fsbench.io.publishable import find_publishable, read_publishable

NEUTRAL = "0_neutral"
RANDOM = "random"
_PUPILS_FROM = "mean of the landmarks of each eye"
_EYES = (slice(36, 42), slice(42, 48))


def expression_name(e: int) -> str:
    """Name of a blendshape, 0 to 51: its number in FaceScape's list.

    Examples
    --------
    >>> expression_name(0), expression_name(7)
    ('0_neutral', '7_blendshape')
    """
    return NEUTRAL if e == 0 else f"{e}_blendshape"


@dataclass(frozen=True, slots=True)
class BilinearSource:
    """Heads of a bilinear model: "random1", "random2", ... by a seed, then the subjects that the model has.

    Attributes
    ----------
    model : BilinearModel
    people : int
        Random people.
    seed : int
    weight : float
        Of the blendshape that makes an expression, in [0, 1].
    mask : ndarray of bool, optional
        (H, W) over the texture coordinates, true where a triangle is face.
    publishable : frozenset of str, optional
        Subjects whose pictures may be published; random people are no subjects.
    """

    model: BilinearModel
    people: int = 10
    seed: int = 1
    weight: float = 1.0
    mask: Mask | None = field(default=None, repr=False)
    publishable: frozenset[str] | None = None
    _kept: OrderedDict[str, Floats] = field(init=False, repr=False, compare=False, default_factory=OrderedDict)

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise FormatError(f"the weight of a blendshape is {self.weight:g}, expected 0 to 1")

    @property
    def description(self) -> str:
        """What it is, for a benchmark's card."""
        return (
            f"FaceScape bilinear model {self.model.version} ({self.model.path.name}), random people of seed {self.seed}"
        )

    def names(self) -> Iterator[HeadName]:
        """Its heads, by person and then expression."""
        own = 0 if self.model.subjects is None else len(self.model.subjects)
        people = [f"{RANDOM}{i + 1}" for i in range(self.people)] + [str(i + 1) for i in range(own)]
        for subject in people:
            yield from (HeadName(subject, expression_name(e)) for e in range(N_EXPRESSIONS))

    def read(self, name: HeadName) -> Head:
        """One head; errors as `Source.read`."""
        number = name.expression.partition("_")[0]
        e = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else N_EXPRESSIONS
        if e >= N_EXPRESSIONS or expression_name(e) != name.expression:
            raise MissingError(f"{self.model.path}: has no expression {name.expression}; 0 to 51 are known")
        shapes = self._person(name.subject)
        vertices = shapes[0] if e == 0 else shapes[0] + self.weight * shapes[e]
        marks = vertices[self.model.landmarks]
        return Head(
            name,
            vertices,
            self.model.triangles,
            np.stack([marks[eye].mean(0) for eye in _EYES]),
            _PUPILS_FROM,
            marks,
            None if self.mask is None else self.model.texture.white(self.mask),
            publishable=self._may_be_shown(name.subject),
            notes=("a face of the bilinear model: smooth, and grey, as the model's colours are not read",),
        )

    def _may_be_shown(self, subject: str) -> bool:
        return subject.startswith(RANDOM) or (self.publishable is not None and subject in self.publishable)

    def _person(self, subject: str) -> Floats:
        """Neutral face and offsets (52, V, 3); the last person is kept, as the core takes seconds to read."""
        if subject not in self._kept:
            shapes = self.model.person(self._numbers(subject))
            refuse_odd_landmarks(self.model, shapes[0])
            self._kept.clear()
            self._kept[subject] = shapes
        return self._kept[subject]

    def _numbers(self, subject: str) -> Floats:
        digits = subject.removeprefix(RANDOM)
        i = int(digits) - 1 if digits.isascii() and digits.isdecimal() and len(digits) < 7 else -1
        if digits != subject and 0 <= i < self.people:
            return self.model.drawn(self.seed, i)
        if self.model.subjects is not None and digits == subject and 0 <= i < len(self.model.subjects):
            found: Floats = self.model.subjects[i]
            return found
        raise MissingError(f"{self.model.path}: there is no person {subject}")


def open_bilinear_people(path: Path, mask: Path | None = None, landmarks: Path | None = None) -> BilinearSource | None:
    """Open a bilinear model as a source of people; None if it is none. The landmarks are the model's own.

    Raises
    ------
    MissingError, FormatError
        As `open_bilinear`; also if landmarks are given, or the mask is damaged.
    """
    model = open_bilinear(path)
    if model is None:
        return None
    if landmarks is not None:
        raise FormatError(f"{landmarks}: a bilinear model has landmarks of its own: leave out --landmarks")
    found = find_publishable(path if path.is_dir() else path.parent)
    shown = None if found is None else read_publishable(found)
    return BilinearSource(model, mask=None if mask is None else read_mask(mask), publishable=shown)
