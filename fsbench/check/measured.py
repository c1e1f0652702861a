"""Measured: what a frame would do, found by loading the files again through it, end to end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fsbench.check.evidence import Evidence
from fsbench.check.predicted import in_image_frame
from fsbench.core.errors import FsbenchError
from fsbench.core.mesh import Mesh
from fsbench.geometry.rays import Surface
from fsbench.submissions import Frame
from fsbench.submissions.frame import TFORM_SUFFIXES

USUAL_SIZES_PX = (224.0, 256.0, 112.0, 192.0, 512.0)
"""Sides of networks' images, the commonest first."""

_MOST_PATTERNS = 3
_TRIED_ON = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """How the samples stand when they are read with a frame.

    Attributes
    ----------
    frame : Frame
    misfit : float
        Mean over the samples.
    helped : int
        Samples that stand better than as they are.
    front : float
        Share of the visible triangles that face the camera.
    """

    frame: Frame
    misfit: float
    helped: int
    front: float


def as_passed(frame: Frame) -> Frame:
    """The frame that options make of it: they have few digits, and no name for `{sample}.obj`."""
    crop = frame.crop
    if crop is not None:
        x0, y0, x1, y1 = (float(f"{value:.4g}") for value in crop)
        crop = x0, y0, x1, y1
    focal = None if frame.own_focal_px is None else float(f"{frame.own_focal_px:.4g}")
    size = None if frame.size_px is None else float(f"{frame.size_px:g}")
    pattern = "{sample}" if frame.pattern == "{sample}.obj" else frame.pattern
    unit = float(f"{frame.unit:.6g}")
    return replace(frame, unit=unit, crop=crop, size_px=size, own_focal_px=focal, pattern=pattern)


def measure(evidence: Sequence[Evidence], folder: Path, frame: Frame) -> Measured | None:
    """Load the samples once more through `frame` and look at them; None if one of them cannot be read so."""
    passed = as_passed(frame)
    misfits, fronts, helped = [], [], 0
    for one in (one for one in evidence if one.own is not None or one.others):
        try:
            mesh = passed.load(folder, one.sample.name, one.focal_px)
        except FsbenchError:
            return None
        image = in_image_frame(mesh, one.focal_px)
        view_fit = one.target.look(Surface(Mesh(image, mesh.faces)), image.mean(0))
        own = next((seen.misfit for suspect, seen in one.view_fits.values() if suspect.cost == 0), 1.0)
        misfits.append(view_fit.misfit)
        fronts.append(view_fit.front)
        helped += view_fit.misfit < own
    if not misfits:
        return None
    seen = [front for front in fronts if not np.isnan(front)]
    return Measured(passed, float(np.mean(misfits)), helped, float(np.mean(seen)) if seen else float("nan"))


def best_with_tforms(evidence: Sequence[Evidence], folder: Path, frame: Frame) -> Measured | None:
    """The best of the frames that read a file beside each mesh as its crop, with the usual sizes."""
    some = evidence[:_TRIED_ON]
    tried = [measured for guess in _with_tforms(some, folder, frame) if (measured := measure(some, folder, guess))]
    best = min(tried, key=lambda measured: measured.misfit, default=None)
    return None if best is None else measure(evidence, folder, best.frame)


def _with_tforms(evidence: Sequence[Evidence], folder: Path, frame: Frame) -> Iterator[Frame]:
    if frame.tform or frame.crop or frame.is_pinhole or not evidence:
        return
    for pattern in _tform_patterns(folder, [one.sample.name for one in evidence]):
        for size in USUAL_SIZES_PX:
            try:
                yield replace(frame, tform=pattern, size_px=size)
            except FsbenchError:
                continue


def _tform_patterns(folder: Path, samples: Sequence[str]) -> list[str]:
    """Names of files that lie beside every one of the samples and may hold its crop."""
    first = samples[0]
    # A listing of names alone: no file is opened that does not fit all samples.
    names = sorted(path.name for path in folder.glob(f"*{first}*") if path.suffix.lower() in TFORM_SUFFIXES)
    patterns = [name.replace(first, "{sample}", 1) for name in names]
    there = [one for one in patterns if all((folder / one.replace("{sample}", name)).is_file() for name in samples)]
    return there[:_MOST_PATTERNS]
