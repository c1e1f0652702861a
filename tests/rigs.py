"""Faces with expressions whose motion is known in closed form."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from fsbench.core.mesh import Mesh
from fsbench.io.write import write_ply
from fsbench.protocols.rig.layout import EXPRESSIONS
from tests.heads import face_of, head

FACE = face_of(head(140, 180))
STEMS = tuple(f"{k}_{name}" for k, name in enumerate(EXPRESSIONS, 1))
NEUTRAL = STEMS[0]
# Vertices spread over the face, in any order.
MARKS = tuple(np.linspace(0, FACE.n_vertices - 1, 40).round().astype(int).tolist())
MARKS_TEXT = ",".join(map(str, MARKS))

Shapes = Mapping[str, np.ndarray]


def motions(strength: float = 1.0) -> Shapes:
    """Offsets of every expression but neutral: a smooth bump of 3 to 8 mm at a place of its own."""
    rng = np.random.default_rng(7)
    points = FACE.vertices
    found = {}
    for stem in STEMS[1:]:
        # Below the brows, so that the forehead stays.
        middle = points[rng.choice(np.flatnonzero(points[:, 1] < 15))]
        way = rng.normal(size=3)
        way *= rng.uniform(3, 8) / np.linalg.norm(way)
        away = ((points - middle) ** 2).sum(1)
        found[stem] = strength * np.exp(-away / (2 * 18.0**2))[:, None] * way
    return found


def person(seed: int = 0, far_mm: float = 1.5) -> np.ndarray:
    """Vertices of the face with smooth differences of about `far_mm`."""
    rng = np.random.default_rng(seed)
    points = FACE.vertices
    waves = [np.sin(points @ rng.normal(0, 1 / 25, 3) + rng.uniform(0, 6)) for _ in range(3)]
    return points + far_mm * np.column_stack(waves)


def moving(neutral: np.ndarray, offsets: Shapes) -> dict[str, np.ndarray]:
    """All expressions of a person."""
    return {NEUTRAL: neutral} | {stem: neutral + offset for stem, offset in offsets.items()}


def write(folder: Path, shapes: Shapes, faces: np.ndarray = FACE.faces) -> None:
    """Write a subject, its meshes in double precision."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, vertices in shapes.items():
        write_ply(folder / f"{stem}.ply", Mesh(vertices, faces))


def changed(shapes: Shapes, change: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    """Every shape with its vertices changed."""
    return {stem: change(vertices) for stem, vertices in shapes.items()}
