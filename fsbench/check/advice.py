"""Advice: a diagnosis in words, with the options that would put it right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fsbench.check.changes import AXES, Orientation, as_frame
from fsbench.check.diagnosis import Diagnosis, Fitted
from fsbench.check.evidence import Suspect
from fsbench.check.predicted import GUESSED_FOCAL_PX, TURNED_OVER
from fsbench.check.view_rays import AS_IS, HALF_PX
from fsbench.core.mesh import Floats
from fsbench.submissions import Frame

_CENTRED = 0.08
"""Offset in half images below which a scale is about its centre alone."""

_SAME_FOCAL = 0.15
"""Logarithm of a ratio of focal lengths below which they may be the same."""

_STEADY_PX = 12.0
"""Scatter of a fitted crop over the samples below which it is one crop for all."""

_USUAL_CROP_PX = 224.0
_OWN_CODE = (
    "no option says this: change the files, or read them with a function of your own, --adapter FILE.py:function"
)


@dataclass(frozen=True, slots=True)
class Advice:
    """A mistake and its remedy.

    Attributes
    ----------
    mistake : str
        The mistake, as a clause.
    remedy : str
        The remedy, as a clause.
    options : str
        The options to pass; empty if none will do.
    frame : Frame or None
        The frame that the options give.
    """

    mistake: str
    remedy: str
    options: str = ""
    frame: Frame | None = None


def advise(diagnosis: Diagnosis) -> Advice | None:
    """Put a diagnosis into words; None if there is no mistake to name."""
    if diagnosis.fitted is not None:
        return _fitted(diagnosis.fitted, diagnosis.inverted)
    if diagnosis.suspect is not None:
        return _named(diagnosis)
    return None


def winding_advice(frame: Frame | None) -> Advice:
    """For triangles that face away from the camera in a submission that is in place."""
    mistake = "the faces are inverted: the triangles of what the camera sees are clockwise, they face away from it"
    if frame is None:
        return Advice(mistake, f"swap two corners of every face; {_OWN_CODE}")
    flips = tuple(axis for axis in frame.flip if axis != "faces") + (() if "faces" in frame.flip else ("faces",))
    return _with_options(mistake, replace(frame, flip=flips))


def frame_options(frame: Frame) -> str:
    """The options that make a frame.

    Examples
    --------
    >>> frame_options(Frame("pixels", flip=("y",), unit=0.001))
    '--adapter pixels --unit 0.001 --flip y'
    """
    words = [f"--adapter {frame.frame}"]
    words += [f"--unit {frame.unit:.6g}"] if frame.unit != 1.0 else []
    words += [f"--flip {','.join(frame.flip)}"] if frame.flip else []
    words += ["--crop " + ",".join(f"{value:.4g}" for value in frame.crop)] if frame.crop else []
    words += [f"--tform {frame.tform}"] if frame.tform else []
    words += [f"--size {frame.size_px:g}"] if frame.size_px is not None else []
    words += [f"--focal {frame.own_focal_px:.4g}"] if frame.own_focal_px is not None else []
    words += [f"--pattern {frame.pattern}"] if frame.pattern not in ("{sample}", "{sample}.obj") else []
    return " ".join(words)


def _with_options(mistake: str, frame: Frame) -> Advice:
    options = frame_options(frame)
    return Advice(mistake, f"pass {options}", options, frame)


def rival_of(diagnosis: Diagnosis) -> Advice | None:
    """The other change that explains nearly as much, as advice."""
    frame = None if diagnosis.rival is None else frame_for(diagnosis.rival, diagnosis.inverted)
    return None if frame is None or diagnosis.rival is None else _with_options(_words(diagnosis.rival), frame)


def _named(diagnosis: Diagnosis) -> Advice:
    suspect = diagnosis.suspect
    assert suspect is not None
    mistake = _words(suspect)
    frame = frame_for(suspect, diagnosis.inverted)
    return Advice(mistake, _OWN_CODE) if frame is None else _with_options(mistake, frame)


def _words(suspect: Suspect) -> str:
    change = suspect.change.words
    if suspect.is_own:
        return change
    name = suspect.adapter.name
    if suspect.detour <= TURNED_OVER:
        other = "gl" if name == "cv" else "cv"
        axes = "y down, z away" if name == "cv" else "y up, z towards the viewer"
        turned = f"turned over: the axes are those of {name} ({axes}), not of {other}"
        return turned + (f"; {change}" if change else "")
    kind = "before a perspective camera" if name in ("cv", "gl") else "in an image, without perspective"
    return f"the meshes stand {kind}, in the frame {suspect.adapter.name}" + (f"; {change}" if change else "")


def frame_for(suspect: Suspect, inverted: bool) -> Frame | None:
    """The frame that undoes a change; None if none does.

    Parameters
    ----------
    suspect : Suspect
    inverted : bool
        Whether the faces are the wrong way round after the change, before they are turned over.
    """
    change, now = suspect.change, as_frame(suspect.adapter)
    base = change.reading.frame
    if base is None or now is None or change.orientation.order != (0, 1, 2):
        return None
    if now.is_pinhole and "z" in change.orientation.flips:
        return None
    if change.uncropped:
        base = replace(base, crop=None, tform=None, size_px=None if base.net_px == 2 * HALF_PX else base.size_px)
    frame = _turned(replace(base, flip=now.flip), change.orientation, inverted)
    if not change.about_origin:
        return frame
    if now.flip or frame.frame != "pixels" or frame.crop or frame.tform:
        return None
    # A frame mirrors at the middle of the image; a shift by the whole image moves that to the origin.
    left = -2 * HALF_PX if "x" in change.orientation.flips else 0.0
    top = 2 * HALF_PX if "y" in change.orientation.flips else 0.0
    return replace(frame, crop=(left, top, left + 2 * HALF_PX, top + 2 * HALF_PX), size_px=frame.net_px)


def _turned(frame: Frame, orientation: Orientation, inverted: bool) -> Frame:
    """Toggle the axes of an orientation, and the faces such that they end up as needed."""
    axes = [axis for axis in AXES if (axis in frame.flip) != (axis in orientation.flips)]
    # A frame turns the faces over for an odd number of axes; `inverted` does not count that.
    turned_now = (len(set(frame.flip) & set(AXES)) + ("faces" in frame.flip)) % 2 == 1
    needed = turned_now != inverted
    faces = ["faces"] if (len(axes) % 2 == 1) != needed else []
    return replace(frame, flip=(*axes, *faces))


def _fitted(fitted: Fitted, inverted: bool) -> Advice:
    frame = as_frame(fitted.suspect.adapter)
    scales, shifts = _in_the_network_image(fitted)
    orientation = fitted.suspect.change.orientation
    turn = orientation.words
    also = f"{turn}; " if turn else ""
    if frame is None or orientation.order != (0, 1, 2):
        return Advice(f"{also}{_moved(scales, shifts)}", _OWN_CODE)
    turned = _turned(frame, orientation, inverted)
    if frame.is_pinhole:
        return _focal(also, fitted, turned, scales, shifts)
    origin = 1.0 if frame.frame == "pixels" else 0.0
    # A scale about the file's own origin is a unit; about any other point it is a crop.
    drift = np.abs(shifts - origin * (scales[:, None] - 1)).max(1)
    far = not 0.25 < np.median(scales) < 4.0
    if far or (np.median(drift) < _CENTRED and not 0.8 < np.median(scales) < 1.25 and not turned.flip):
        return _unit(also, turned, scales)
    return _crop(also, turned, scales, shifts)


def _in_the_network_image(fitted: Fitted) -> tuple[Floats, Floats]:
    """Scales (n,) and shifts (n, 2) of the fits, without the effect of the crop that was passed."""
    scales, shifts = [], []
    for one, fit in zip(fitted.evidence, fitted.fits, strict=True):
        predicted = one.predicted(fitted.suspect)
        crop = AS_IS if predicted is None else predicted.image_from_net
        # A fit ends in the whole image, so it includes the crop's scale, which must not be passed again.
        inverse = np.linalg.inv(crop.linear)
        linear, offset = inverse @ fit.placing.linear, inverse @ (fit.placing.offset - crop.offset)
        is_cropped = crop is not AS_IS
        scales.append(float(np.cbrt(abs(np.linalg.det(linear)))) if is_cropped else fit.scale)
        shifts.append(offset[:2] if is_cropped else fit.shift[:2])
    return np.array(scales), np.array(shifts)


def _moved(scales: Floats, shifts: Floats) -> str:
    dx, dy = np.median(shifts, axis=0) * HALF_PX
    return f"the predictions want a scale of {np.median(scales):.3g} and a shift by {dx:.0f}, {dy:.0f} px (right, up)"


def _unit(also: str, frame: Frame, scales: Floats) -> Advice:
    factor = float(np.median(scales))
    size = f"{1 / factor:.3g} times too large" if factor < 1 else f"{factor:.3g} times too small"
    return _with_options(f"{also}the numbers are in another unit: {size}", replace(frame, unit=frame.unit * factor))


def _focal(also: str, fitted: Fitted, frame: Frame, scales: Floats, shifts: Floats) -> Advice:
    if np.median(np.abs(shifts)) > _CENTRED:
        return Advice(f"{also}{_moved(scales, shifts)}", "is there a crop? pass --crop and --size with --focal")
    before = [frame.own_focal_px or one.focal_px or GUESSED_FOCAL_PX for one in fitted.evidence]
    focals = scales * np.array(before)
    in_the_lab = np.array([one.focal_px or np.nan for one in fitted.evidence])
    # NaN, in the wild, compares as false.
    if frame.own_focal_px is not None and np.median(np.abs(np.log(focals / in_the_lab))) < _SAME_FOCAL:
        plain = replace(frame, own_focal_px=None)
        return _with_options(f"{also}the meshes stand before the benchmark's own camera already, not at --focal", plain)
    focal = float(np.median(focals))
    own = "" if fitted.suspect.is_own else f"the meshes stand before a perspective camera, in the frame {frame.frame}; "
    return _with_options(
        f"{also}{own}the focal length of its camera is near {focal:.0f} px", replace(frame, own_focal_px=focal)
    )


def _crop(also: str, frame: Frame, scales: Floats, shifts: Floats) -> Advice:
    mistake = f"{also}the crop is missing: {_moved(scales, shifts)}"
    if frame.crop or frame.tform:
        given = "--crop" if frame.crop else "--tform"
        return Advice(mistake.replace("is missing", "is another one"), f"look at {given} and --size")
    size = frame.size_px or (_USUAL_CROP_PX if frame.frame == "pixels" else 2 * HALF_PX)
    boxes = _boxes(scales, shifts, size / frame.net_px if frame.frame == "pixels" else 1.0)
    if len(boxes) < 2:
        return Advice(mistake, "one sample cannot tell whether all have the same crop: look at several")
    middle = np.median(boxes, axis=0)
    if np.median(np.abs(boxes - middle), axis=0).max() > _STEADY_PX:
        return Advice(
            f"{mistake}, another one in each sample", "keep each sample's crop in a file and pass it with --tform"
        )
    return _with_options(mistake, replace(frame, crop=_tuple(np.round(middle)), size_px=size))


def _boxes(scales: Floats, shifts: Floats, part: float) -> Floats:
    """Boxes x0, y0, x1, y1 in pixels, y down, (n, 4), of a network's image that is `part` as wide as was read."""
    left = HALF_PX * (1 - scales + shifts[:, 0])
    bottom = HALF_PX * (1 + scales - shifts[:, 1])
    side = 2 * HALF_PX * scales * part
    return np.column_stack([left, bottom - side, left + side, bottom])


def _tuple(values: Sequence[float] | Floats) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(value) for value in values)
    return x0, y0, x1, y1
