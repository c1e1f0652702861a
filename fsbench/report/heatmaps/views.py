"""Views of a head-frame mesh, rendered with our own rays: no display, no OpenGL."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps

from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.barycentric import interpolate, weights_at
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.rays import Surface

LIMIT_MM = 5.0
"""Where the colours end, as in the benchmark's own heat meshes."""
COLOURS = "viridis"
"""Even in lightness, and safe for colour blindness."""

_SHOWN = 0.95
"""Share of the distances that the colours tell apart."""
_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0)

_OVERSAMPLE = 2
# Half the side of a square that stands for a point, in distances to its fourth neighbour: squares just overlap.
_SPLAT = 0.6
# A stray point grows no larger than that many times the usual size.
_WIDEST = 3.0
_AMBIENT = 0.35


@dataclass(frozen=True, slots=True)
class Viewport:
    """The part that a view shows: a square of half side `half_mm` around `centre_mm` (3,), head frame."""

    centre_mm: tuple[float, float, float]
    half_mm: float


def viewport_of(*meshes: Mesh) -> Viewport:
    """The viewport that holds the meshes from every side."""
    points = np.concatenate([mesh.vertices for mesh in meshes])
    low, high = points.min(axis=0), points.max(axis=0)
    x, y, z = (low + high) / 2
    half = float(np.linalg.norm((points - (low + high) / 2)[:, [0, 2]], axis=1).max())
    return Viewport((float(x), float(y), float(z)), 1.03 * max(half, float(high[1] - low[1]) / 2))


def scale_of(distances_mm: Sequence[Floats]) -> float:
    """Where colours should end: the first round number above 95 % of the distances, mm.

    Examples
    --------
    >>> scale_of([np.linspace(0, 2.4, 100)]), scale_of([np.linspace(0, 0.3, 100), np.linspace(0, 0.8, 100)])
    (2.5, 0.8)
    """
    together = np.concatenate(distances_mm)
    point = float(np.quantile(together[np.isfinite(together)], _SHOWN)) if np.isfinite(together).any() else 0.0
    if point <= 0:
        return LIMIT_MM
    power = 10.0 ** np.floor(np.log10(point))
    # A product such as 8 * 0.1 is rounded, so that the number is as round as it reads.
    return next(end for step in _ROUND if (end := float(f"{step * power:.6g}")) > point)


def scale_in_words(limit_mm: float, distances_mm: Sequence[Floats]) -> str:
    """The limit of the colours and the share of distances beyond it, in words."""
    beyond = float((np.concatenate(distances_mm) > limit_mm).mean())
    return f"colours end at {limit_mm:g} mm, {100 * beyond:.1f} % of the distances are larger"


def colours(distances_mm: Floats, limit_mm: float = LIMIT_MM) -> npt.NDArray[np.uint8]:
    """Colour of every distance, (n, 3), 0 to 255; all beyond the limit have the last one."""
    shown = colormaps[COLOURS](np.clip(np.asarray(distances_mm) / limit_mm, 0.0, 1.0))
    return np.round(255 * shown[..., :3]).astype(np.uint8)


def render(mesh: Mesh, vertex_colours: npt.ArrayLike, yaw_deg: float, viewport: Viewport, size_px: int) -> Floats:
    """A shaded picture of the mesh on white, orthographic.

    Parameters
    ----------
    mesh : Mesh
        Head frame: y up, the face looks along +z. A point cloud is drawn as squares that face the viewer, unshaded.
    vertex_colours : array_like, (V, 3)
        0 to 255.
    yaw_deg : float
        From where: 0 from the front, positive from the viewer's right.
    viewport : Viewport
    size_px : int
        Side of the picture.

    Returns
    -------
    ndarray, (size_px, size_px, 3)
        In [0, 1].
    """
    yaw = np.radians(yaw_deg)
    towards = np.array([np.sin(yaw), 0.0, np.cos(yaw)])
    right, up = np.array([np.cos(yaw), 0.0, -np.sin(yaw)]), np.array([0.0, 1.0, 0.0])
    n = size_px * _OVERSAMPLE
    steps = ((np.arange(n) + 0.5) / n * 2 - 1) * viewport.half_mm
    far = 4 * viewport.half_mm
    origins = np.array(viewport.centre_mm) + far * towards + steps[None, :, None] * right - steps[:, None, None] * up
    tints = np.asarray(vertex_colours, np.float64) / 255
    solid, tints = (mesh, tints) if mesh.n_faces else _splats(mesh.vertices, tints, right, up)
    picture = _trace(solid, tints, origins.reshape(-1, 3), -towards, right, up)
    found: Floats = picture.reshape(size_px, _OVERSAMPLE, size_px, _OVERSAMPLE, 3).mean(axis=(1, 3))
    return found


def _splats(points: Floats, tints: Floats, right: Floats, up: Floats) -> tuple[Mesh, Floats]:
    """A square for each point (n, 3), seen in full along `right` x `up`, and the colours of its corners."""
    # Here, since nothing else of a picture needs it.
    from scipy.spatial import cKDTree

    n_near = min(5, len(points))  # the first is the point itself
    far = cKDTree(points).query(points, k=[n_near])[0]
    halves = _SPLAT * np.minimum(far, _WIDEST * np.median(far))
    offsets = np.array([-right - up, right - up, right + up, up - right])
    corners = (points[:, None] + halves[:, None] * offsets).reshape(-1, 3)
    first = 4 * np.arange(len(points))[:, None]
    faces = np.concatenate([first + [0, 1, 2], first + [0, 2, 3]])
    return Mesh(corners, faces), np.repeat(tints, 4, axis=0)


def _trace(mesh: Mesh, tints: Floats, origins: Floats, direction: Floats, right: Floats, up: Floats) -> Floats:
    hits = Surface(mesh).first_hits(origins, direction)
    seen = np.flatnonzero(hits.found)
    faces = mesh.faces[hits.faces[seen]]
    points = origins[seen] + hits.distances[seen, None] * direction
    weights = weights_at(mesh.vertices[faces], points)
    normals = interpolate(vertex_normals(mesh), faces, weights)
    light = -direction + 0.35 * up + 0.25 * right
    lengths = np.linalg.norm(normals, axis=1) * np.linalg.norm(light)
    facing = np.abs(normals @ light) / np.where(lengths > 0, lengths, 1.0)
    out = np.ones((len(origins), 3))
    shade = _AMBIENT + (1 - _AMBIENT) * facing
    out[seen] = interpolate(tints, faces, weights) * shade[:, None]
    return np.clip(out, 0.0, 1.0)
