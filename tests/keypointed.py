"""A synthetic subject of REALY: a bulging square whose keypoints are vertices, and four regions cut out of it.

Lengths are units of 9 mm, x the subject's left, y up, z out of the face, as in REALY's data.
"""

import numpy as np

from fsbench.core.mesh import Mesh
from fsbench.protocols.realy.region import Reference
from fsbench.protocols.realy.template import REGIONS, Template

MM_PER_UNIT = 9.0
_N, _STEP = 64, 0.25


def _ring(x: float, y: float, radius: float, n: int) -> list[tuple[float, float]]:
    return [(x + radius * np.cos(a), y + radius * np.sin(a)) for a in np.arange(n) * 2 * np.pi / n]


def _places() -> np.ndarray:
    """x and y of the 85 keypoints."""
    jaw = [(7 * np.sin(a), -7 * np.cos(a)) for a in np.linspace(-1.2, 1.2, 17)]
    brows = [(x, 5.0) for x in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)]
    nose = [(0, 3), (0, 2), (0, 1), (0, 0), (-1, -0.75), (-0.5, -1), (0, -1), (0.5, -1), (1, -0.75)]
    eyes = _ring(-3, 3.5, 0.75, 6) + _ring(3, 3.5, 0.75, 6)
    mouth = _ring(0, -4, 1.5, 12) + _ring(0, -4, 0.75, 8)
    others = [(-3, 2), (3, 2), (-1.5, 0), (1.5, 0), (-2.5, -4), (2.5, -4), (-6, 3), (6, 3), (-4, -1), (4, -1)]
    others += [(-1, -6.5), (0, -6.5), (1, -6.5), (-5, -3), (5, -3), (-4, -5), (4, -5)]
    return np.array(jaw + brows + nose + eyes + mouth + others, float)


def face() -> Mesh:
    """The whole square."""
    row, column = np.indices((_N + 1, _N + 1)).reshape(2, -1)
    x, y = (column - _N / 2) * _STEP, (row - _N / 2) * _STEP
    z = 6 - 0.06 * (x**2 + y**2) + 1.5 * np.exp(-((x / 1.2) ** 2) - ((y - 0.5) / 2) ** 2) + 0.1 * np.sin(x) * np.cos(y)
    a = (np.arange(_N)[:, None] * (_N + 1) + np.arange(_N)).ravel()
    b, c, d = a + 1, a + _N + 2, a + _N + 1
    faces = np.stack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)], 1).reshape(-1, 3)
    return Mesh(np.column_stack([x, y, z]).astype(np.float32), faces)


def template() -> Template:
    """Its topology, with every keypoint on the first corner of a triangle."""
    whole = face()
    vertices = [int(np.abs(whole.vertices[:, :2] - place).sum(1).argmin()) for place in _places()]
    triangles = np.array([int(np.flatnonzero(whole.faces[:, 0] == vertex)[0]) for vertex in vertices])
    return Template(whole.n_vertices, whole.faces, triangles, np.tile([1.0, 0, 0], (85, 1)))


BOXES = {"nose": (-2, -1.5, 2, 4), "mouth": (-2.5, -6, 2.5, -2), "forehead": (-6, 2, 6, 7), "cheek": (-7, -7, 7, 1)}


def region(name: str, box: tuple[float, float, float, float] | None = None) -> Mesh:
    """The triangles of the face in a box of x and y."""
    whole, (left, low, right, high) = face(), box or BOXES[name]
    inside = ((whole.vertices[:, :2] >= (left, low)) & (whole.vertices[:, :2] <= (right, high))).all(1)
    return Mesh(whole.vertices, whole.faces[inside[whole.faces].all(1)]).without_unused()


def reference(**changed: Mesh) -> Reference:
    """The subject, with some regions changed."""
    regions = {name: region(name) for name in REGIONS} | changed
    return Reference(template().keypoints(face().vertices, range(85)), regions, MM_PER_UNIT)
