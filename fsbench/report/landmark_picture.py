"""A picture of a face with its landmarks, numbered, to look at."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from fsbench.core.arrays import spread_of
from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats, Mask, Mesh
from fsbench.geometry.rays import Surface
from fsbench.report.heatmaps.upright import upright
from fsbench.report.heatmaps.views import Viewport, render
from fsbench.report.plots import canvas
from fsbench.report.plots.styles import STYLES

_TILE_IN, _GAP_IN, _HEAD_IN = 4.2, 0.08, 0.3
_FONT_PT = 5.8
_GREY = 205
_SEEN, _HIDDEN, _DOUBTED = "#00518A", "#9A9A9A", "#C44E00"
# Half the side of a view in spreads of the landmarks from their middle: the face, with room for numbers.
_HALF = 1.75
# A landmark this much of the view behind the surface is hidden by it.
_BEHIND = 0.02
_NUMBER_AWAY = 0.028
MOST_DRAWN = 500
"""Landmarks in a picture; more numbers than that nobody can read."""
_VIEWS = (("front", 0.0), ("from the person's left", 70.0), ("from the person's right", -70.0))


def landmark_picture(mesh: Mesh, landmarks: Floats, title: str, doubted: frozenset[int] = frozenset()) -> bytes:
    """A PNG: the shaded mesh from the front and both sides, its landmarks numbered from 0 in the order of the file.

    Points that the surface hides are grey and open; doubtful ones are orange.

    Parameters
    ----------
    mesh : Mesh
        In any frame and unit. Landmarks in NoW's or iBUG's order turn it upright; without them it is seen along z.
    landmarks : ndarray, (n, 3)
        In the mesh's frame.
    title : str
    doubted : set of int
        Rows of landmarks that something speaks against.

    Raises
    ------
    UsageError
        If there are more than 500 landmarks.
    """
    if len(landmarks) > MOST_DRAWN:
        raise UsageError(f"{title}: {len(landmarks):,} landmarks, at most {MOST_DRAWN} are drawn")
    turn = upright(mesh, landmarks)
    turn = np.eye(3) if turn is None else turn
    shape, marks = mesh.with_vertices(mesh.vertices @ turn.T), landmarks @ turn.T
    middle, spread = marks.mean(0), spread_of(marks) or float(np.ptp(shape.vertices)) or 1.0
    viewport = Viewport((float(middle[0]), float(middle[1]), float(middle[2])), _HALF * spread)
    width = len(_VIEWS) * (_TILE_IN + _GAP_IN) + _GAP_IN
    height = _TILE_IN + _HEAD_IN + _GAP_IN
    with matplotlib.rc_context(canvas.settings(STYLES["paper"])):
        figure = canvas.new_figure(width, height)
        legend = "filled: seen   open: hidden   orange: doubtful" if doubted else "filled: seen   open: hidden"
        figure.text(0.008, 0.985, title, fontsize=_FONT_PT + 3, va="top")
        figure.text(0.992, 0.985, legend, fontsize=_FONT_PT + 1.5, va="top", ha="right", color="0.35")
        for column, (name, yaw_deg) in enumerate(_VIEWS):
            left = _GAP_IN + column * (_TILE_IN + _GAP_IN)
            axes = figure.add_axes((left / width, _GAP_IN / height, _TILE_IN / width, _TILE_IN / height))
            _draw(axes, shape, marks, yaw_deg, viewport, doubted)
            axes.text(0.02, 0.98, name, fontsize=_FONT_PT + 1.5, va="top", transform=axes.transAxes, color="0.35")
        return canvas.encode(figure, "png", title, f"{len(landmarks)} landmarks, numbered from 0")


def _draw(axes: Axes, shape: Mesh, marks: Floats, yaw_deg: float, viewport: Viewport, doubted: frozenset[int]) -> None:
    size_px = 640
    axes.imshow(render(shape, np.full((shape.n_vertices, 3), _GREY), yaw_deg, viewport, size_px), extent=(-1, 1, -1, 1))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    yaw = np.radians(yaw_deg)
    right, towards = np.array([np.cos(yaw), 0.0, -np.sin(yaw)]), np.array([np.sin(yaw), 0.0, np.cos(yaw)])
    from_middle = (marks - np.array(viewport.centre_mm)) / viewport.half_mm
    x, y = from_middle @ right, from_middle[:, 1]
    seen = _seen(shape, marks, towards, viewport.half_mm)
    places = _beside(np.column_stack([x, y]))
    for row in range(len(marks)):
        colour = _DOUBTED if row in doubted else _SEEN if seen[row] else _HIDDEN
        fill = colour if seen[row] else "none"
        axes.plot(
            x[row], y[row], "o", markersize=2.6, markerfacecolor=fill, markeredgecolor=colour, markeredgewidth=0.6
        )
        if seen[row] or yaw_deg == 0 or row in doubted:
            across, up = places[row].tolist()
            number = axes.text(across, up, str(row), fontsize=_FONT_PT, ha="center", va="center")
            number.set_color(colour if seen[row] else "0.35")
            number.set_path_effects([withStroke(linewidth=1.2, foreground="white")])
    axes.set_xlim(-1, 1)
    axes.set_ylim(-1, 1)


def _seen(shape: Mesh, marks: Floats, towards: Floats, half: float) -> Mask:
    """Which landmarks nothing of the surface is before, (n,); all of a point cloud."""
    if not shape.n_faces:
        return np.ones(len(marks), bool)
    far = float(np.ptp(shape.vertices, axis=0).max()) + half
    hits = Surface(shape).first_hits(marks + far * towards, -towards)
    seen: Mask = ~hits.found | (hits.distances > far - _BEHIND * half)
    return seen


def _beside(points: Floats) -> Floats:
    """Places of the numbers, (n, 2): beside each point, on the side that is away from its neighbours."""
    gaps = points[:, None] - points[None]
    away = np.linalg.norm(gaps, axis=2) + 1e-9
    pushes = (gaps / away[..., None] ** 3 * (away[..., None] < 0.35)).sum(1)
    length = np.linalg.norm(pushes, axis=1, keepdims=True)
    found: Floats = points + _NUMBER_AWAY * np.where(length > 0, pushes / np.maximum(length, 1e-30), [0.0, 1.0])
    return found
