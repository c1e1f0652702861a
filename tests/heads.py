"""A head that cannot be turned onto itself: what alignment is tried on where no real one may be used."""

import numpy as np
from scipy.spatial.transform import Rotation

from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity
from tests.shapes import ellipsoid

# Direction, height in mm, width: nose, chin, brows, cheeks, ears, the back of the head.
_FEATURES = (
    ((0.0, -0.1, 1.0), 26.0, 0.22),
    ((0.0, -0.8, 0.65), 18.0, 0.3),
    ((0.35, 0.3, 0.9), 7.0, 0.25),
    ((-0.35, 0.3, 0.9), 7.0, 0.25),
    ((0.5, -0.25, 0.8), 9.0, 0.25),
    ((-0.5, -0.25, 0.8), 9.0, 0.25),
    ((0.28, 0.12, 0.95), -12.0, 0.15),
    ((-0.28, 0.12, 0.95), -12.0, 0.15),
    ((0.0, -0.42, 0.9), -8.0, 0.15),
    ((1.0, 0.0, -0.1), 18.0, 0.2),
    ((-1.0, 0.0, -0.1), 18.0, 0.2),
    ((0.0, 0.3, -1.0), 15.0, 0.5),
    ((0.0, -0.9, -0.5), -30.0, 0.5),
)


def head(n_rows: int = 90, n_columns: int = 120) -> Mesh:
    """A closed head in mm, y up, looking along +z."""
    base = ellipsoid((72.0, 108.0, 92.0), n_rows, n_columns)
    directions = base.vertices / np.linalg.norm(base.vertices, axis=1, keepdims=True)
    vertices = base.vertices.copy()
    for direction, height, width in _FEATURES:
        axis = np.array(direction) / np.linalg.norm(direction)
        away = 1.0 - directions @ axis
        vertices += directions * (height * np.exp(-away / width**2))[:, None]
    # A skull is narrow at the jaw, wide above the ears, and flat and high behind.
    x, y, z = vertices.T
    x = x * (1 + 0.15 * np.clip(y / 100, -1, 1))
    y = y + 0.15 * np.minimum(z, 0) * np.clip(-y / 100, -1, 1)
    z = np.where(z < 0, 0.8 * z, z) + 0.1 * np.clip(y, -60, 60) * (z < 0)
    return Mesh(np.column_stack([x, y, z]), base.faces)


def face_of(mesh: Mesh, radius_mm: float = 85.0, centre: tuple[float, float, float] = (0.0, -10.0, 95.0)) -> Mesh:
    """The part of it within a ball around the face, with no vertex left over."""
    inside = np.linalg.norm(mesh.vertices - centre, axis=1) <= radius_mm
    used, faces = np.unique(mesh.faces[inside[mesh.faces].all(1)], return_inverse=True)
    return Mesh(mesh.vertices[used], faces.reshape(-1, 3))


def moved(mesh: Mesh, by: Similarity) -> Mesh:
    """The mesh in another frame and unit."""
    return Mesh(by.apply(mesh.vertices), mesh.faces)


def random_similarity(rng: np.random.Generator, most_deg: float = 180.0, decades: float = 1.0) -> Similarity:
    """A random turn of up to `most_deg`, a scale of up to `decades` powers of ten, a shift of a few heads."""
    axis = rng.normal(size=3)
    angle = np.radians(most_deg) * rng.random() ** (1 / 3)
    rotation = Rotation.from_rotvec(angle * axis / np.linalg.norm(axis)).as_matrix()
    return Similarity(10 ** rng.uniform(-decades, decades), rotation, 300 * rng.normal(size=3))
