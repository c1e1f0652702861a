"""Predicted: one prediction as its adapter places it, and as other frames would."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fsbench.check.changes import as_frame
from fsbench.check.view_rays import AS_IS, HALF_PX, Placing
from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.cameras import ORTHO_FROM_CV
from fsbench.geometry.rays import Surface
from fsbench.submissions import AdapterLike, Frame

GUESSED_FOCAL_PX = 1000.0
"""For cv and gl in the wild, where the size in the image says what it should be."""


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """A prediction in the image frame.

    Attributes
    ----------
    adapter : AdapterLike
        The adapter that read it.
    mesh : Mesh
        In the benchmark's camera frame, as it is scored.
    surface : Surface
        In the image frame of the network's image, before a crop is undone.
    mean : ndarray, (3,)
        Mean of these vertices.
    image_from_net : Placing
        The placing that undoes the crop.
    """

    adapter: AdapterLike
    mesh: Mesh
    surface: Surface
    mean: Floats
    image_from_net: Placing

    @property
    def frame(self) -> Frame | None:
        """The frame that reads the file alike; None if the adapter has a formula of its own."""
        return as_frame(self.adapter)


def load(adapter: AdapterLike, folder: Path, sample: str, focal_px: float | None) -> Predicted:
    """Load a prediction; errors as the adapter's, and MeshError if there are no faces."""
    mesh = adapter.load(folder, sample, focal_px)
    image = in_image_frame(mesh, focal_px)
    crop = AS_IS
    if isinstance(adapter, Frame) and not adapter.is_pinhole and (adapter.crop or adapter.tform):
        bare = replace(adapter, crop=None, tform=None).load(folder, sample, focal_px)
        net = in_image_frame(bare, focal_px)
        crop, image = _affine(net, image), net
    return Predicted(adapter, mesh, Surface(Mesh(image, mesh.faces)), image.mean(0), crop)


def in_image_frame(mesh: Mesh, focal_px: float | None) -> Floats:
    """Vertices in the image frame: in the lab the mean depth tells the unit."""
    if focal_px is None:
        return mesh.vertices
    depth = float(mesh.vertices[:, 2].mean())
    return mesh.vertices @ ORTHO_FROM_CV * (focal_px / HALF_PX / depth if depth else 1.0)


TURNED_OVER = 1.0
_ANOTHER_KIND = 8.0
"""Costs of reading the files as cv for gl, and of reading them with perspective instead of without. The latter is dear:
in the lab a unit cube is nearly a gl frame, and the plainer one is to be named."""


def alternatives(adapter: AdapterLike, in_the_lab: bool) -> Iterator[tuple[Frame, float]]:
    """Other frames that could read the same files, each with its cost."""
    frame = as_frame(adapter)
    pattern = _pattern(adapter)
    if pattern is None:
        return
    focal = None if in_the_lab else GUESSED_FOCAL_PX
    if frame is not None and frame.is_pinhole:
        focal = frame.own_focal_px
        names = ["gl" if frame.frame == "cv" else "cv", "pixels", "ortho"]
    else:
        names = ["cv", "gl"]
    for name in names:
        try:
            guess = Frame(name, pattern=pattern, own_focal_px=None if name in ("pixels", "ortho") else focal)
        except UsageError:
            # Only its own adapter reads a mesh with another ending than .obj, .ply, .stl or .off.
            return
        is_turned_over = guess.is_pinhole and frame is not None and frame.is_pinhole
        yield guess, TURNED_OVER if is_turned_over else _ANOTHER_KIND


def try_load(adapter: AdapterLike, folder: Path, sample: str, focal_px: float | None) -> Predicted | None:
    """Like `load`, but None if the file cannot be read in this way."""
    try:
        return load(adapter, folder, sample, focal_px)
    except FsbenchError:
        return None


def _pattern(adapter: AdapterLike) -> str | None:
    if isinstance(adapter, Frame):
        return adapter.pattern
    files = [file for file in adapter.files("{sample}") if file.is_mesh]
    return files[0].names[0] if files else None


def _affine(before: Floats, after: Floats) -> Placing:
    """The affine map between two placings of one mesh."""
    some = np.linspace(0, len(before) - 1, min(len(before), 500)).astype(int)
    rows = np.column_stack([before[some], np.ones(len(some))])
    solution = np.linalg.lstsq(rows, after[some], rcond=None)[0]
    return Placing(solution[:3].T, solution[3])
