"""Units of length, found automatically from the size of a scan."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.arrays import spread_of
from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats

MM_PER = {"um": 1e-3, "mm": 1.0, "cm": 10.0, "dm": 100.0, "m": 1000.0}
"""Millimetres per unit, by the unit's name."""

# Limits for diagonals of bounding boxes: a tight face crop has 110 mm, head and shoulders have 700 mm. The units
# below differ by a factor of ten or more, so at most one fits.
_SMALLEST_MM, _LARGEST_MM = 80.0, 800.0
# The size of a smaller crop says nothing. Landmarks of a face are 35 to 60 mm (rms) from their middle.
_SMALLEST_CROP_MM, _WIDEST_MM, _TEN = 30.0, 90.0, 10.0
_SCANNED_IN = ("um", "mm", "cm", "m")
# A spread smaller than that of any landmarks over a whole face, and the usual one: inches taken for centimetres turn
# 43 mm into 17. Inches and feet have no name in options and signatures, as scans seldom have them; landmarks reveal
# them.
_NARROWEST_MM, _USUAL_MM = 28.0, 45.0
INCH_MM, FOOT_MM = 25.4, 304.8


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's `name` and its length, `mm`."""

    name: str
    mm: float


def unit_called(name: str) -> Unit:
    """Return the unit with this name, or with this length in millimetres.

    Raises
    ------
    AlignmentError
        If the text is neither.

    Examples
    --------
    >>> unit_called("cm"), unit_called("180.0"), unit_called("10")
    (Unit(name='cm', mm=10.0), Unit(name='180', mm=180.0), Unit(name='cm', mm=10.0))
    """
    if name in MM_PER:
        return Unit(name, MM_PER[name])
    try:
        mm = float(name)
    except ValueError:
        mm = float("nan")
    if not 0 < mm < np.inf:
        raise AlignmentError(
            f"there is no unit {name!r}; known are {', '.join(MM_PER)}, or its length in millimetres, as 25.4"
        )
    # One unit has one name in the signature, however the user wrote it.
    same = next((known for known, length in MM_PER.items() if length == mm), "")
    return Unit(same or repr(mm).removesuffix(".0"), mm)


def unit_of_scan(vertices: Floats, landmarks: Floats | None = None) -> Unit:
    """Find the unit that gives a scan the size of a face or head.

    If two units do, `landmarks` (n, 3) decide: those of a face are 28 to 90 mm (rms) from their middle. Landmarks also
    reveal dm, inches and feet.

    Raises
    ------
    AlignmentError
        If none of micrometres, millimetres, centimetres and metres does.

    Examples
    --------
    >>> unit_of_scan(np.array([[0.0, 0, 0], [0.15, 0.2, 0.1]])).name
    'm'
    """
    diagonal = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    fits = (name for name in _SCANNED_IN if _SMALLEST_MM <= diagonal * MM_PER[name] < _LARGEST_MM)
    by_size = next((Unit(name, MM_PER[name]) for name in fits), None)
    by_landmarks = None if landmarks is None else _unit_by_landmarks(vertices, landmarks, by_size)
    if unit := by_landmarks or by_size:
        return unit
    raise AlignmentError(
        f"the scan's bounding box has a diagonal of {diagonal:.4g}: no face or head in any of {', '.join(_SCANNED_IN)} "
        f"({_SMALLEST_MM:g} to {_LARGEST_MM:g} mm); give --reference-unit its unit's length in millimetres, as 180, "
        f"or name one of {', '.join(MM_PER)}"
    )


def units_of_spread(spread: float) -> list[Unit]:
    """Units that turn a spread into that of a face's landmarks, the likeliest first; inches and feet are numbers.

    Examples
    --------
    >>> [unit.name for unit in units_of_spread(1.7)], [unit.name for unit in units_of_spread(43.0)]
    (['25.4'], ['mm'])
    """
    lengths = [mm for mm in (*MM_PER.values(), INCH_MM, FOOT_MM) if _NARROWEST_MM <= spread * mm <= _WIDEST_MM]
    return [unit_called(repr(mm)) for mm in sorted(lengths, key=lambda mm: abs(np.log(spread * mm / _USUAL_MM)))]


def _unit_by_landmarks(vertices: Floats, landmarks: Floats, by_size: Unit | None) -> Unit | None:
    """The unit that the landmarks' spread gives, if it differs from the unit by size; None if there is none."""
    spread = spread_of(landmarks)
    fits = units_of_spread(spread)
    if by_size in fits:
        return by_size
    if by_size and spread * by_size.mm > _WIDEST_MM and (smaller := smaller_unit(vertices, by_size)):
        return smaller
    diagonal = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    return next((unit for unit in fits if diagonal * unit.mm >= _SMALLEST_CROP_MM), None)


def inches_if_not_cm(vertices: Floats, unit: Unit) -> float:
    """Diagonal in mm of a scan taken to be in cm, if the scan has the size of a head in inches too; else 0."""
    diagonal = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    return diagonal * unit.mm if unit.mm == MM_PER["cm"] and diagonal * INCH_MM < _LARGEST_MM else 0.0


def smaller_unit(vertices: Floats, unit: Unit) -> Unit | None:
    """Another possible unit, ten times smaller, in which the scan would be a small crop; None if there is none.

    The diagonal of a large head in centimetres (480 mm) may be that of a crop around the nose in millimetres (48 mm).

    Examples
    --------
    >>> smaller_unit(np.array([[0.0, 0, 0], [30, 32, 20]]), Unit("cm", 10.0))
    Unit(name='mm', mm=1.0)
    """
    diagonal_mm = float(np.linalg.norm(np.ptp(vertices, axis=0))) * unit.mm
    for name in _SCANNED_IN:
        if MM_PER[name] * _TEN == unit.mm and diagonal_mm / _TEN >= _SMALLEST_CROP_MM:
            return Unit(name, MM_PER[name])
    return None


def unit_nearest(mm_per_unit: float) -> Unit:
    """Return the unit whose length is nearest, by ratio, to a fitted scale.

    Examples
    --------
    >>> unit_nearest(970.0)
    Unit(name='m', mm=1000.0)
    """
    name = min(MM_PER, key=lambda one: abs(np.log(MM_PER[one] / mm_per_unit)))
    return Unit(name, MM_PER[name])
