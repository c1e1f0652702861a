"""Shapes whose answers are known in closed form."""

from pathlib import Path

import numpy as np

from fsbench.core.mesh import Mesh


def write_obj(path: Path, mesh: Mesh) -> None:
    """Write vertices with nine digits, and triangles."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in mesh.vertices]
    path.write_text("\n".join([*lines, *(f"f {a} {b} {c}" for a, b, c in mesh.faces + 1)]) + "\n")


def ellipsoid(radii=(70.0, 110.0, 90.0), n_rows: int = 60, n_columns: int = 90) -> Mesh:
    """A closed ellipsoid around the origin, wound outwards; about as large as a head in mm."""
    polar = np.linspace(0, np.pi, n_rows + 1)[1:-1]
    around = np.arange(n_columns) * 2 * np.pi / n_columns
    p, a = np.meshgrid(polar, around, indexing="ij")
    rings = np.stack([np.sin(p) * np.sin(a), np.cos(p), np.sin(p) * np.cos(a)], 2).reshape(-1, 3)
    vertices = np.concatenate([rings, [[0, 1, 0], [0, -1, 0]]]) * radii
    k, j = np.indices((n_rows - 2, n_columns)).reshape(2, -1)
    here, right = k * n_columns + j, k * n_columns + (j + 1) % n_columns
    below, diagonal = here + n_columns, right + n_columns
    j = np.arange(n_columns)
    top, bottom, last = len(rings), len(rings) + 1, (n_rows - 2) * n_columns
    faces = np.concatenate(
        [
            np.stack([here, below, right], 1),
            np.stack([right, below, diagonal], 1),
            np.stack([np.full_like(j, top), j, (j + 1) % n_columns], 1),
            np.stack([np.full_like(j, bottom), last + (j + 1) % n_columns, last + j], 1),
        ]
    )
    return Mesh(vertices, faces)


def plane(half_mm: float = 100.0, z: float = 0.0) -> Mesh:
    """A square that faces +z."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * half_mm + [0, 0, z]
    return Mesh(corners, [[0, 1, 2], [0, 2, 3]])
