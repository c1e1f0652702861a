"""Measured: the effect of a frame, found by loading the files again through it, end to end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fsbench.check.evidence import Evidence
from fsbench.check.predicted import in_image_frame
from fsbench.core.errors import FormatError, FsbenchError
from fsbench.core.mesh import Mesh
from fsbench.geometry.rays import Surface
from fsbench.io.names import the_file
from fsbench.submissions import Frame, steps
from fsbench.submissions.adapter import in_pattern
from fsbench.submissions.frame import TFORM_SUFFIXES
from fsbench.submissions.sidefiles import affine

USUAL_SIZES_PX = (224.0, 256.0, 112.0, 192.0, 512.0)
"""Sides of networks' images, the commonest first."""

_MOST_PATTERNS = 3
_TRIED_ON = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """The misfit of the samples when they are read with a frame.

    Attributes
    ----------
    frame : Frame
    misfit : float
        Mean over the samples.
    helped : int
        Samples that stand better than as they are.
    front : float
        Share of the visible triangles that face the camera.
    inverted : bool
        The inverse of each file of the frame's `tform` was taken.
    """

    frame: Frame
    misfit: float
    helped: int
    front: float
    inverted: bool = False


def as_passed(frame: Frame) -> Frame:
    """The frame as options give it: with few digits, and without a pattern for `{sample}.obj`."""
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
    return _looked_at(evidence, passed, lambda one: passed.load(folder, one.sample.name, one.focal_px))


def measure_inverted(evidence: Sequence[Evidence], folder: Path, frame: Frame) -> Measured | None:
    """Look at the samples as `frame` would read them with the inverse of each file of its `tform`.

    None if the frame has no `tform`, or a file cannot be read. The frame is the one that the samples were read with.
    """
    if frame.tform is None or frame.is_pinhole:
        return None
    found = _looked_at(evidence, frame, lambda one: _with_inverse(one, folder, frame))
    return None if found is None else replace(found, inverted=True)


def _with_inverse(one: Evidence, folder: Path, frame: Frame) -> Mesh:
    if one.own is None or frame.tform is None:
        raise FormatError(f"{one.sample.name}: there is no mesh to look at")
    name = one.sample.name
    image_from_net = affine(the_file(folder, in_pattern(frame.tform, name)), name)
    net, scale = one.own.surface.mesh, float(np.sqrt(abs(np.linalg.det(image_from_net[:2, :2]))))
    placed = steps.unwarp_ortho(net.vertices, image_from_net, frame.net_px / 2, scale)
    return Mesh(steps.camera_from_ortho(placed, one.focal_px), net.faces)


def _looked_at(evidence: Sequence[Evidence], passed: Frame, read: Callable[[Evidence], Mesh]) -> Measured | None:
    """The mean over the samples; None if one of them cannot be read."""
    misfits, fronts, helped = [], [], 0
    for one in (one for one in evidence if one.own is not None or one.others):
        try:
            mesh = read(one)
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
    """The best of the frames that read a file beside each mesh as its crop, with the usual sizes.

    The frame's own `tform` if it has one.
    """
    some = evidence[:_TRIED_ON]
    tried = [measured for guess in _with_tforms(some, folder, frame) if (measured := measure(some, folder, guess))]
    best = min(tried, key=lambda measured: measured.misfit, default=None)
    return None if best is None else measure(evidence, folder, best.frame)


def _with_tforms(evidence: Sequence[Evidence], folder: Path, frame: Frame) -> Iterator[Frame]:
    if frame.crop or frame.is_pinhole or not evidence:
        return
    for pattern in [frame.tform] if frame.tform else _tform_patterns(folder, [one.sample.name for one in evidence]):
        for size in USUAL_SIZES_PX:
            try:
                yield replace(frame, tform=pattern, size_px=size)
            except FsbenchError:
                continue


def _tform_patterns(folder: Path, samples: Sequence[str]) -> list[str]:
    """Names of files that lie beside every one of the samples and may hold its crop."""
    first = samples[0]
    # Only names are listed; a file that does not fit all samples is not opened.
    names = sorted(path.name for path in folder.glob(f"*{first}*") if path.suffix.lower() in TFORM_SUFFIXES)
    patterns = [name.replace(first, "{sample}", 1) for name in names]
    there = [one for one in patterns if all((folder / one.replace("{sample}", name)).is_file() for name in samples)]
    return there[:_MOST_PATTERNS]
