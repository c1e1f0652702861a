"""Changes: the single mistakes that people make with frames, each as a placing that would undo it.

A change is an *orientation* (mirrored axes, axes in another order) and a *reading* (pixels of which image, a
unit cube, millimetres, thousands). Each has a cost, so that of two changes that explain a submission equally well, the
simpler one is named.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fsbench.check.view_rays import HALF_PX, Placing
from fsbench.core.mesh import Floats
from fsbench.protocols.facescape.protocol import PUPIL_DISTANCE_MM
from fsbench.submissions import AdapterLike, Frame

AXES = "xyz"

_SAME_AS_FRAME = {
    "3DDFA_V2": Frame("pixels"),
    "PRNet": Frame("pixels"),
    "facescape_opti": Frame("pixels"),
    "RAFaRe": Frame("ortho"),
    "SADRNet": Frame("pixels", unit=128.0, flip=("y",)),
}
"""Published methods whose formula a frame has too, so that an option can be named for their files."""

_NAMES = {
    "": "",
    "x": "mirrored left to right: x runs to the left",
    "y": "upside down: y runs down, not up",
    "z": "inside out in depth: z runs away from the viewer, not towards it",
    "yz": "turned over: y runs down and z away, the axes of cv (OpenCV), not of gl",
    "xy": "rotated by half a turn in the image: x and y are both mirrored",
    "xz": "seen from behind: x and z are both mirrored",
    "xyz": "all three axes are mirrored",
}
_ORDERS = {
    (0, 1, 2): ("", 0.0),
    (1, 0, 2): ("x and y are swapped", 1.0),
    (0, 2, 1): ("y and z are swapped", 1.5),
    (2, 1, 0): ("x and z are swapped", 1.5),
    (1, 2, 0): ("the axes are in the order y, z, x", 1.5),
    (2, 0, 1): ("the axes are in the order z, x, y", 1.5),
}
_IMAGE_SIZES_PX = (256, 224, 512, 128, 112, 120, 192, 300, 320, 384, 448, 450, 640, 800, 1024)
_FACTORS = (1e3, 1e-3, 1e2, 1e-2, 10.0, 0.1, PUPIL_DISTANCE_MM, 1 / PUPIL_DISTANCE_MM)
_DEAREST = 2.1


@dataclass(frozen=True, slots=True)
class Orientation:
    """A signed permutation of the axes: first the order, then the signs."""

    flips: str
    order: tuple[int, int, int]

    @property
    def matrix(self) -> Floats:
        """(3, 3): image axes from the file's."""
        signs = np.array([-1.0 if axis in self.flips else 1.0 for axis in AXES])
        return signs[:, None] * np.eye(3)[list(self.order)]

    @property
    def cost(self) -> float:
        """0 for none."""
        flips = {"": 0.0, "x": 1.0, "y": 1.0, "z": 1.0, "yz": 1.0, "xy": 1.2, "xz": 1.2, "xyz": 1.5}[self.flips]
        order = _ORDERS[self.order][1]
        return order + 0.3 * (flips > 0) if order else flips

    @property
    def words(self) -> str:
        """The mistake, as a clause; empty for none."""
        order = _ORDERS[self.order][0]
        if not order:
            return _NAMES[self.flips]
        return order + (f" and {', '.join(self.flips)} mirrored" if self.flips else "")


FLIPS = ("", "x", "y", "z", "yz", "xy", "xz", "xyz")
_IN_IMAGE = ((0, 1, 2), (1, 0, 2))
ORIENTATIONS = tuple(Orientation(flips, order) for order in _IN_IMAGE for flips in FLIPS)
_OF_EXPORTERS = tuple(
    turn
    for turn in (Orientation(flips, order) for order in _ORDERS if order not in _IN_IMAGE for flips in FLIPS)
    if np.linalg.det(turn.matrix) > 0
)
"""Turns that bring another axis up or forwards, as programs with z up do; mirrored ones would be a coincidence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file's numbers become the image frame: x, y * scale + offset; z * scale.

    `frame` is the frame of `--adapter` and its options; None if there is no such option, or none is needed.
    """

    name: str
    scale: float
    offset: float
    cost: float
    frame: Frame | None

    def placing(self) -> Placing:
        """Image frame from file."""
        return Placing(np.eye(3) * self.scale, np.array([self.offset, self.offset, 0.0]))


@dataclass(frozen=True, slots=True)
class Change:
    """One mistake, and how to undo it.

    Attributes
    ----------
    orientation, reading : Orientation, Reading
    about_origin : bool
        Whether the axes were mirrored at the file's origin, not at the middle of the image.
    uncropped : bool
        Whether the meshes lack the crop that the adapter was given.
    recentred : bool
        Whether the middle of the mesh is moved to the reference's: depth became a place in the image, so that place is
        arbitrary.
    """

    orientation: Orientation
    reading: Reading
    about_origin: bool = False
    uncropped: bool = False
    recentred: bool = False

    @property
    def key(self) -> str:
        """Same for the same change in every sample."""
        parts = (self.orientation.flips, self.orientation.order, self.reading.name, self.about_origin, self.uncropped)
        return repr(parts)

    @property
    def cost(self) -> float:
        """0 for no change; about 1 for each single one."""
        return self.orientation.cost + self.reading.cost + 0.3 * self.about_origin + 1.0 * self.uncropped

    @property
    def words(self) -> str:
        """The mistake, for people."""
        parts = [self.orientation.words + (" (mirrored at 0, not at the middle of the image)" * self.about_origin)]
        parts += [self.reading.name if self.reading.cost else ""]
        parts += ["the crop is there twice, or there was none" if self.uncropped else ""]
        return "; ".join(part for part in parts if part)


def as_frame(adapter: AdapterLike) -> Frame | None:
    """The frame that reads a file as `adapter` does; None where the adapter has a formula of its own."""
    return adapter if isinstance(adapter, Frame) else _SAME_AS_FRAME.get(adapter.name)


def file_from_net(frame: Frame) -> Placing:
    """From the image frame of the network's image back to the file's numbers; only for pixels and ortho."""
    signs = np.array([-1.0 if axis in frame.flip else 1.0 for axis in AXES])
    scale = (frame.net_px / 2 if frame.frame == "pixels" else 1.0) / frame.unit
    offset = scale * np.array([1.0, 1.0, 0.0]) if frame.frame == "pixels" else np.zeros(3)
    return Placing(np.diag(signs * scale), offset)


def readings(frame: Frame | None, mm_per_unit: float) -> list[Reading]:
    """Readings worth a try, the adapter's own first."""
    if frame is None:
        own = Reading("", 1.0, 0.0, 0.0, None)
        return [own, *(Reading(_times(f), f, 0.0, 1.0, None) for f in _FACTORS)]
    if frame.is_pinhole:
        return [Reading("", 1.0, 0.0, 0.0, frame)]
    own = _as_reading(frame, "", 0.0)
    found = [own]
    found += [_as_reading(replace(frame, unit=frame.unit * f), _times(f), 1.0) for f in _FACTORS]
    found += list(_usual_frames(frame))
    for name, mm in (("millimetres", 1.0), ("metres", 1000.0), ("pupil distances", PUPIL_DISTANCE_MM)):
        words = f"the numbers are {name} around the middle of the image"
        found.append(Reading(words, mm / mm_per_unit, 0.0, 1.2, None))
    return [own, *(r for i, r in enumerate(found[1:], 1) if not any(_same(r, earlier) for earlier in found[:i]))]


def _usual_frames(frame: Frame) -> Iterator[Reading]:
    plain = replace(frame, unit=1.0)
    cube = "the numbers are a unit cube, not pixels:" if frame.frame == "pixels" else "the unit cube is another one:"
    other = f"of one of {frame.net_px:g} px" if frame.frame == "pixels" else "a unit cube"
    yield _as_reading(_pixels(plain, 256.0, 1.0), f"the numbers are pixels of the 256 px image, not {other}", 1.0)
    yield _as_reading(replace(plain, frame="ortho"), f"{cube} [-1, 1]", 1.0)
    yield _as_reading(_pixels(plain, None, plain.net_px), f"{cube} [0, 1]", 1.1)
    yield _as_reading(_pixels(plain, None, plain.net_px / 2), f"{cube} [0, 2]", 1.1)
    for size in _IMAGE_SIZES_PX:
        words = f"the numbers are pixels of a {size} px image"
        yield _as_reading(_pixels(plain, float(size), 1.0), words, 1.05 if size in (224, 512) else 1.2)
        if size in (256, 224):
            centred = replace(plain, frame="ortho", unit=2.0 / size)
            yield _as_reading(centred, f"{words}, but 0 is in the middle of the image", 1.2)
    if plain.crop is None and plain.tform is None:
        yield _centre_crop(plain)


def _centre_crop(frame: Frame) -> Reading:
    """224 px cut out of the middle, as many networks do after a resize to 256."""
    crop = replace(frame, frame="pixels", size_px=224.0, crop=(16.0, 16.0, 240.0, 240.0))
    words = "the crop is missing: the numbers are pixels of the middle 224 px of the image"
    return Reading(words, 1 / HALF_PX, -1.0 + 16.0 / HALF_PX, 1.1, crop)


def _pixels(frame: Frame, size_px: float | None, unit: float) -> Frame:
    size = frame.size_px if size_px is None else (None if size_px == 2 * HALF_PX and not frame.crop else size_px)
    if frame.tform is not None and size is None:
        size = 2 * HALF_PX
    return replace(frame, frame="pixels", size_px=size, unit=unit)


def _as_reading(frame: Frame, words: str, cost: float) -> Reading:
    if frame.frame == "ortho":
        return Reading(words, frame.unit, 0.0, cost, frame)
    return Reading(words, frame.unit / (frame.net_px / 2), -1.0, cost, frame)


def _same(one: Reading, other: Reading) -> bool:
    return bool(np.isclose(one.scale, other.scale) and one.offset == other.offset)


def _times(factor: float) -> str:
    kinds = {1e3: "metres for millimetres, say", 1e-3: "millimetres for metres, say"}
    kinds |= {
        PUPIL_DISTANCE_MM: "pupil distances for millimetres",
        1 / PUPIL_DISTANCE_MM: "millimetres for pupil distances",
    }
    size = f"{factor:g} times too small" if factor > 1 else f"{1 / factor:g} times too large"
    return f"the numbers are {size}: another unit" + (f" ({kinds[factor]})" if factor in kinds else "")


def changes(frame: Frame | None, mm_per_unit: float) -> list[Change]:
    """All changes that are simple enough to be named; the first is no change."""
    found = []
    for reading, orientation in itertools.product(readings(frame, mm_per_unit), ORIENTATIONS):
        # One mistake is likely, two are possible, an unusual one on top of another is a coincidence.
        if reading.cost and orientation.cost and reading.cost + orientation.cost > _DEAREST:
            continue
        found.append(Change(orientation, reading))
        if reading.offset and ("x" in orientation.flips or "y" in orientation.flips):
            found.append(Change(orientation, reading, about_origin=True))
    own = replace(found[0].reading, frame=None)
    found += [Change(turn, own, recentred=True) for turn in _OF_EXPORTERS]
    if frame is not None and (frame.crop is not None or frame.tform is not None):
        found += [replace(change, uncropped=True) for change in found if change.cost <= 1.2]
    return found


def placing_of(change: Change, frame: Frame | None, image_from_net: Placing) -> Placing:
    """The effect of the change on a prediction that its adapter put into the frame of the network's image.

    Parameters
    ----------
    change : Change
    frame : Frame or None
        How the prediction was read.
    image_from_net : Placing
        The crop that the adapter undoes.
    """
    turn = Placing(change.orientation.matrix, np.zeros(3))
    read = change.reading.placing()
    if frame is None or frame.is_pinhole:
        net = turn.then(read)
    else:
        # The adapter's own flips stay: the orientation is relative to them.
        flips = Placing(np.diag([-1.0 if axis in frame.flip else 1.0 for axis in AXES]), np.zeros(3))
        turned = flips.then(turn)
        net = file_from_net(frame).then(turned.then(read) if change.about_origin else read.then(turned))
    return net if change.uncropped else net.then(image_from_net)
