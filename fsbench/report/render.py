"""Pictures of a check: predictions as the benchmark's camera sees them, under the reference's outline.

Drawn with our own rays, so that a picture needs no display and is the same everywhere.
"""

from collections.abc import Sequence
from dataclasses import astuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from fsbench.benchmarks import Spec
from fsbench.check.evidence import Evidence
from fsbench.check.spread import cells
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.barycentric import interpolate, weights_at
from fsbench.geometry.cameras import Camera, PinholeCamera
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.rays import Surface
from fsbench.metrics.cylinder import SIZE
from fsbench.report.plots import canvas
from fsbench.report.plots.styles import STYLES

_TILE_IN = 1.75
_TILE_PX = 512
_GAP_IN = 0.1
_TITLE_IN = 0.24
_HEAD_IN = 0.42
_MOST_COLUMNS = 4
_FONT_PT = 7.0

_FRONT = np.array([0.80, 0.78, 0.75])
_BACK = np.array([0.62, 0.36, 0.60])
_GROUND = np.array([0.97, 0.97, 0.97])
_OUTLINE = "#D55E00"
_LIGHTS = (((-0.45, 0.55, 0.7), 0.62), ((0.7, 0.1, 0.7), 0.22), ((0.0, -0.6, 0.8), 0.12))
_AMBIENT = 0.16


def shaded(mesh: Mesh, camera: Camera, axes: Floats, size_px: int = _TILE_PX) -> Floats:
    """A mesh as a camera sees it, (size_px, size_px, 3) in [0, 1].

    Parameters
    ----------
    mesh : Mesh
        In the camera's frame, millimetres. Faces that turn their back to the camera come out purple.
    camera : Camera
    axes : ndarray, (3, 3)
        Turns a direction of the camera's frame into x right, y up, z towards the viewer.
    size_px : int
    """
    surface = Surface(mesh)
    origins, directions = _enlarged(camera, size_px).rays(size_px)
    hits = surface.first_hits(origins, directions)
    seen = np.flatnonzero(hits.found)
    picture = np.broadcast_to(_GROUND, (size_px * size_px, 3)).copy()
    if len(seen):
        rays = np.broadcast_to(directions, (size_px * size_px, 3))[seen]
        starts = np.broadcast_to(origins, (size_px * size_px, 3))[seen]
        points = starts + rays * hits.distances[seen, None]
        faces = hits.faces[seen]
        normals = _smooth_normals(mesh, faces, points)
        away = np.einsum("ij,ij->i", mesh.face_normals(faces), rays) >= 0
        normals = np.where(np.einsum("ij,ij->i", normals, rays)[:, None] > 0, -normals, normals) @ axes
        picture[seen] = np.where(away[:, None], _BACK, _FRONT) * _brightness(normals)[:, None]
    found: Floats = np.clip(picture, 0, 1).reshape(size_px, size_px, 3)
    return found


def _enlarged(camera: Camera, size_px: int) -> Camera:
    """The same view in an image of another size; a pinhole counts in the pixels of its image."""
    if not isinstance(camera, PinholeCamera):
        return camera
    factor = size_px / SIZE
    return PinholeCamera(*(factor * number for number in astuple(camera)))


def _smooth_normals(mesh: Mesh, faces: np.ndarray, points: Floats) -> Floats:
    """Normals between those of the corners, (n, 3)."""
    triangles = mesh.faces[faces]
    weights = weights_at(mesh.vertices[triangles], points)
    normals = interpolate(vertex_normals(mesh), triangles, weights)
    found: Floats = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    return found


def _brightness(normals: Floats) -> Floats:
    light = np.full(len(normals), _AMBIENT)
    for direction, power in _LIGHTS:
        towards = np.array(direction) / np.linalg.norm(direction)
        light += power * np.maximum(normals @ towards, 0)
    return light


def contact_sheet(spec: Spec, evidence: Sequence[Evidence], title: str, description: str) -> bytes:
    """A PNG: for one sample of every bin, the shaded prediction under the reference's outline.

    Parameters
    ----------
    spec : Spec
        Of the benchmark.
    evidence : sequence of Evidence
        Samples that were looked at; of every bin the first is shown.
    title, description : str
        Texts of the sheet.
    """
    by_name = {one.sample.name: one for one in evidence}
    groups = cells(spec, [one.sample for one in evidence])
    shown = [(" / ".join(labels), by_name[members[0].name]) for labels, members in groups.items()]
    columns = min(_MOST_COLUMNS if len(shown) != 9 else 3, max(1, len(shown)))
    rows = -(-len(shown) // columns) or 1
    width = columns * (_TILE_IN + _GAP_IN) + _GAP_IN
    height = _HEAD_IN + rows * (_TILE_IN + _TITLE_IN) + _GAP_IN
    with matplotlib.rc_context(canvas.settings(STYLES["paper"])):
        figure = canvas.new_figure(width, height)
        figure.text(_GAP_IN / width, 1 - 0.1 / height, title, fontsize=_FONT_PT + 1, va="top", weight="bold")
        figure.text(_GAP_IN / width, 1 - 0.29 / height, _legend(), fontsize=_FONT_PT - 1, va="top", color="0.35")
        for number, (labels, one) in enumerate(shown):
            row, column = divmod(number, columns)
            left = _GAP_IN + column * (_TILE_IN + _GAP_IN)
            bottom = height - _HEAD_IN - (row + 1) * (_TILE_IN + _TITLE_IN) + 0.06
            place = (left / width, bottom / height, _TILE_IN / width, _TILE_IN / height)
            tile = figure.add_axes(place)
            _draw(tile, one)
            tile.set_title(f"{one.sample.name}   {_bins(spec, labels)}", fontsize=_FONT_PT, pad=3, loc="left")
        return canvas.encode(figure, "png", title, description)


def _legend() -> str:
    return "grey: prediction (purple: faces turned away)    orange: outline and depth lines of the reference"


def _bins(spec: Spec, labels: str) -> str:
    names = list(dict.fromkeys(table.by for table in spec.tables))
    units = {table.by: table.unit for table in spec.tables}
    return ", ".join(f"{label}{units[name]}" for name, label in zip(names, labels.split(" / "), strict=False))


def _draw(tile: Axes, one: Evidence) -> None:
    tile.set_xticks([])
    tile.set_yticks([])
    tile.spines[:].set_visible(True)
    tile.spines[:].set_color("0.8")
    extent = (0.0, float(SIZE), float(SIZE), 0.0)
    note = ""
    view = one.prepared.view
    if one.own is None:
        picture, note = np.broadcast_to(_GROUND, (2, 2, 3)), "cannot be read"
    else:
        axes = np.eye(3) if one.focal_px is None else np.diag([1.0, -1.0, -1.0])
        mesh = one.own.mesh.with_vertices(one.own.mesh.vertices * view.mm_per_unit)
        picture = shaded(mesh, view.camera, axes)
        note = "nothing of it in the image" if np.ptp(picture) == 0 else ""
    tile.imshow(picture, extent=extent, interpolation="antialiased")
    depths = one.prepared.depths_mm.reshape(SIZE, SIZE)
    centres = np.arange(SIZE) + 0.5
    inside = depths > 0
    tile.contour(centres, centres, inside.astype(float), [0.5], colors=_OUTLINE, linewidths=1.0)
    low, high = np.quantile(depths[inside], [0.02, 0.98])
    levels = np.linspace(float(low), float(high), 8)[1:-1]
    tile.contour(
        centres, centres, np.where(inside, depths, np.nan), levels, colors=_OUTLINE, linewidths=0.35, alpha=0.7
    )
    if note:
        tile.text(SIZE / 2, SIZE - 20, note, fontsize=_FONT_PT, ha="center", color="0.25")
    tile.set_xlim(0, SIZE)
    tile.set_ylim(SIZE, 0)
