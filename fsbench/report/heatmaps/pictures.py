"""Pictures of heat maps: one sample from three sides, or a contact sheet of many."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from fsbench.core.mesh import Floats, Mesh
from fsbench.report.heatmaps.views import COLOURS, LIMIT_MM, Viewport, colours, render, viewport_of
from fsbench.report.plots import canvas
from fsbench.report.plots.styles import STYLES

_VIEWS = ((-45.0, "45° left"), (0.0, "front"), (45.0, "45° right"))
_FROM_BEHIND = (180.0, "from behind")
_BEHIND_MM = 15.0
"""A prediction that reaches this far behind its reference has what no view from the front shows."""
_GREY = 200
_FONT_PT = 7.0


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """A measured sample.

    Attributes
    ----------
    title : str
        Name and scores.
    prediction : Mesh
        The part that was compared, mm; in the head frame after `turn`. Without faces it is drawn as points.
    distances_mm : ndarray, (V,)
        Of the prediction's vertices to the reference.
    reference : Mesh
        All of it, in the same frame.
    unit : str
        The kind of millimetre, such as metric or of an average face.
    turn : ndarray, (3, 3), optional
        Rotation that makes the face look along +z, y up; not given if it does already.
    axes : str
        Text for the picture: the axes of the view, if they are not known to be the face's.
    notes : tuple of str
        Of the score; written into the picture.
    at : str
        Whose surface `prediction` is: "prediction", or "scan" where distances are measured from there.
    """

    title: str
    prediction: Mesh
    distances_mm: Floats
    reference: Mesh
    unit: str = "pupil-normalised mm"
    turn: Floats | None = None
    axes: str = ""
    notes: tuple[str, ...] = ()
    at: str = "prediction"

    @property
    def is_behind(self) -> bool:
        """Whether the prediction has a part well behind the reference."""
        pred, ref = (self.turned(mesh).vertices[:, 2].min() for mesh in (self.prediction, self.reference))
        return bool(pred < ref - _BEHIND_MM)

    def turned(self, mesh: Mesh) -> Mesh:
        """The mesh turned to the front."""
        return mesh if self.turn is None else mesh.with_vertices(mesh.vertices @ self.turn.T)


def three_views(heat: Heat, description: str, limit_mm: float = LIMIT_MM, size_px: int = 420) -> bytes:
    """A PNG: the prediction coloured by its distance from three sides, the reference below.

    A fourth view shows a part of the prediction that lies behind the reference.
    """
    views = (*_VIEWS, _FROM_BEHIND) if heat.is_behind else _VIEWS
    shown = (heat.reference, heat.prediction) if heat.is_behind else (heat.reference,)
    step_in, bar_in = 1.539, 0.783
    width_in = step_in * len(views) + bar_in
    with matplotlib.rc_context(canvas.settings(STYLES["paper"])):
        figure = canvas.new_figure(width_in, 4.0)
        viewport = viewport_of(*map(heat.turned, shown))
        names = (heat.at if heat.prediction.n_faces else f"{heat.at} (points)", "reference")
        for column, (yaw_deg, name) in enumerate(views):
            for row, picture in enumerate(_pair(heat, yaw_deg, viewport, size_px, limit_mm)):
                left, width = (0.162 + step_in * column) / width_in, 1.512 / width_in
                axes = _picture_axes(figure, (left, 0.47 - 0.46 * row, width, 0.43), picture)
                if row == 0:
                    axes.set_title(name, fontsize=_FONT_PT, pad=2)
                if column == 0:
                    axes.set_ylabel(names[row], fontsize=_FONT_PT, labelpad=2)
        left = 0.162 / width_in
        figure.text(left, 0.985, heat.title, fontsize=_FONT_PT + 1, va="top")
        said = "\n".join(textwrap.fill(text, int(22 * width_in)) for text in (heat.axes, *heat.notes) if text)
        figure.text(left, 0.955, said, fontsize=_FONT_PT - 1, va="top")
        bar = ((width_in - 0.513) / width_in, 0.5, 0.108 / width_in, 0.36)
        _colour_bar(figure, bar, limit_mm, heat.unit)
        return canvas.encode(figure, "png", heat.title, description)


def sheet(
    rows: Sequence[tuple[str, Mapping[str, Heat]]],
    columns: Sequence[str],
    title: str,
    description: str,
    limit_mm: float = LIMIT_MM,
) -> bytes:
    """A PNG: a row for each bin, in each column a sample with its reference beside it.

    Parameters
    ----------
    rows : sequence of (str, mapping of str to Heat)
        Text at the left, and the samples by column; a cell may be empty.
    columns : sequence of str
        In order; those without a sample are left out, and a single one has no heading.
    title, description : str
    limit_mm : float
        Where the colours end, the same for all.
    """
    cell_in, left_in, right_in = 1.1, 0.35, 0.65
    all_heats = [heat for _, heats in rows for heat in heats.values()]
    unit = next((heat.unit for heat in all_heats), "mm")
    columns = [name for name in columns if any(name in heats for _, heats in rows)]
    width = left_in + 2 * cell_in * len(columns) + right_in
    heading = textwrap.wrap(title, int(15 * width))
    axes = textwrap.wrap("; ".join(sorted({heat.axes for heat in all_heats} - {""})), int(22 * width))
    axes_in = 0.05 + 0.14 * len(heading)
    names_in = axes_in + 0.11 * len(axes) + 0.08
    top_in = names_in + (0.23 if len(columns) > 1 else 0.0)
    height = top_in + (cell_in + 0.2) * len(rows) + 0.05
    with matplotlib.rc_context(canvas.settings(STYLES["paper"])):
        figure = canvas.new_figure(width, height)
        figure.text(0.05 / width, 1 - 0.05 / height, "\n".join(heading), fontsize=_FONT_PT + 1, va="top")
        figure.text(0.05 / width, 1 - axes_in / height, "\n".join(axes), fontsize=6, va="top")
        for c, name in enumerate(columns if len(columns) > 1 else ()):
            x = (left_in + 2 * cell_in * (c + 0.5)) / width
            figure.text(x, 1 - names_in / height, name, fontsize=_FONT_PT, va="top", ha="center", weight="bold")
        for r, (name, heats) in enumerate(rows):
            y = height - top_in - (cell_in + 0.2) * (r + 1)
            figure.text(0.12 / width, (y + cell_in / 2) / height, name, fontsize=_FONT_PT, rotation=90, va="center")
            for column, heat in heats.items():
                c = columns.index(column)
                x = left_in + 2 * cell_in * c
                for k, picture in enumerate(_pair(heat, 0.0, viewport_of(heat.turned(heat.reference)), 220, limit_mm)):
                    place = ((x + k * cell_in) / width, y / height, cell_in / width, cell_in / height)
                    _picture_axes(figure, place, picture)
                # An underscore reaches below the line, and a face may reach the top of its cell.
                title_in = y + cell_in + 0.05
                figure.text((x + cell_in) / width, title_in / height, heat.title, fontsize=6, ha="center")
        _colour_bar(figure, (1 - 0.55 / width, 0.3, 0.08 / width, min(0.4, 1.6 / height)), limit_mm, unit)
        return canvas.encode(figure, "png", title, description)


def _pair(heat: Heat, yaw_deg: float, viewport: Viewport, size_px: int, limit_mm: float) -> tuple[Floats, Floats]:
    grey = np.full((heat.reference.n_vertices, 3), _GREY)
    return (
        render(heat.turned(heat.prediction), colours(heat.distances_mm, limit_mm), yaw_deg, viewport, size_px),
        render(heat.turned(heat.reference), grey, yaw_deg, viewport, size_px),
    )


def _picture_axes(figure: Figure, place: tuple[float, float, float, float], picture: Floats) -> Axes:
    axes = figure.add_axes(place)
    axes.imshow(picture)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return axes


def _colour_bar(figure: Figure, place: tuple[float, float, float, float], limit_mm: float, unit: str) -> None:
    axes = figure.add_axes(place)
    scale = ScalarMappable(Normalize(0.0, limit_mm), COLOURS)
    bar = figure.colorbar(scale, cax=axes, extend="max")
    bar.ax.tick_params(labelsize=_FONT_PT - 1)
    bar.set_label(f"distance ({unit})", fontsize=_FONT_PT - 1)
