"""Barycentric: places on triangles as weights of their corners, and values there."""

import numpy as np

from fsbench.core.mesh import Floats, Ints


def weights_at(corners: Floats, points: Floats) -> Floats:
    """Weights (n, 3) of the corners (n, 3, 3) that make up the points (n, 3); equal ones where there is no area.

    Examples
    --------
    >>> triangle = np.array([[[0.0, 0, 0], [4, 0, 0], [0, 4, 0]]])
    >>> weights_at(triangle, np.array([[1.0, 2.0, 0.0]])).tolist()
    [[0.25, 0.25, 0.5]]
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normal = np.cross(b - a, c - a)
    area = np.einsum("ij,ij->i", normal, normal)
    inside = area > 0
    safe = np.where(inside, area, 1.0)
    u = np.einsum("ij,ij->i", np.cross(c - b, points - b), normal) / safe
    v = np.einsum("ij,ij->i", np.cross(a - c, points - c), normal) / safe
    weights = np.clip(np.stack([u, v, 1 - u - v], axis=1), 0.0, 1.0)
    weights[~inside] = 1 / 3
    found: Floats = weights / weights.sum(axis=1, keepdims=True)
    return found


def interpolate(values: Floats, faces: Ints, weights: Floats) -> Floats:
    """Values at places on triangles, (n, k).

    Parameters
    ----------
    values : (V, k)
        At the vertices.
    faces : (n, 3)
        Corners of the triangle that each place lies on.
    weights : (n, 3)
        Of these corners.
    """
    mixed: Floats = (values[faces] * weights[..., None]).sum(1)
    return mixed
